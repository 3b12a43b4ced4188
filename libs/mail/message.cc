#include "libs/mail/message.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/mail/header_line.h"

namespace portico::mail {
namespace {

constexpr size_t kUsualSize = 8192;
constexpr size_t kMaxMessageId = 250;
constexpr size_t kMaxExtraValue = 900;
constexpr std::array<std::string_view, 11> kOwnHeaders = {"From",
                                                          "To",
                                                          "Cc",
                                                          "Bcc",
                                                          "Subject",
                                                          "Date",
                                                          "Message-ID",
                                                          "Auto-Submitted",
                                                          "MIME-Version",
                                                          "Content-Type",
                                                          "Content-Transfer-Encoding"};

absl::Status Wrong(const absl::AlphaNum& field, const absl::AlphaNum& what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", what));
}

// GLib refuses a NUL as well.
bool IsUtf8(std::string_view text) {
  return g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr);
}

bool IsVisibleAscii(char c) { return c > ' ' && c <= '~'; }

absl::Status CheckHeaderText(const absl::AlphaNum& field, std::string_view text) {
  const auto is_control = [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return Wrong(field, "has a line break or control character, want one line of text");
  }
  if (!IsUtf8(text)) return Wrong(field, "is not UTF-8");
  return absl::OkStatus();
}

absl::Status CheckMailbox(const char* field, const Mailbox& mailbox) {
  RETURN_IF_ERROR(CheckHeaderText(absl::StrCat(field, ".display_name"), mailbox.display_name));
  if (const auto address = ParseAddress(mailbox.address); !address.ok()) {
    return Wrong(absl::StrCat(field, ".address"), address.status().message());
  }
  return absl::OkStatus();
}

absl::Status CheckMessageId(std::string_view id) {
  const auto is_id_char = [](char c) { return IsVisibleAscii(c) && c != '<' && c != '>'; };
  const size_t at = id.find('@');
  if (id.size() > kMaxMessageId || at == 0 || at == std::string_view::npos || at == id.size() - 1 ||
      !std::all_of(id.begin(), id.end(), is_id_char)) {
    return Wrong("message_id", "want unique@domain, without angle brackets");
  }
  return absl::OkStatus();
}

absl::Status CheckExtra(const Header& header) {
  const auto is_name_char = [](char c) { return IsVisibleAscii(c) && c != ':'; };
  if (header.name.empty() || !std::all_of(header.name.begin(), header.name.end(), is_name_char)) {
    return Wrong("extra", "want a header name of visible ASCII characters without a colon");
  }
  const std::string field = absl::StrCat("extra.", header.name);
  for (const std::string_view own : kOwnHeaders) {
    if (absl::EqualsIgnoreCase(header.name, absl::string_view(own.data(), own.size()))) {
      return Wrong(field, "is a header that the message's other fields stand for");
    }
  }
  RETURN_IF_ERROR(CheckHeaderText(field, header.value));
  const auto is_ascii = [](char c) { return IsVisibleAscii(c) || c == ' '; };
  if (!std::all_of(header.value.begin(), header.value.end(), is_ascii)) {
    return Wrong(field, "want ASCII");
  }
  if (header.value.size() > kMaxExtraValue) return Wrong(field, "is over 900 bytes");
  return absl::OkStatus();
}

absl::Status Check(const MessageHead& head) {
  RETURN_IF_ERROR(CheckMailbox("from", head.from));
  RETURN_IF_ERROR(CheckMailbox("to", head.to));
  RETURN_IF_ERROR(CheckHeaderText("subject", head.subject));
  RETURN_IF_ERROR(CheckMessageId(head.message_id));
  for (const Header& header : head.extra) RETURN_IF_ERROR(CheckExtra(header));
  return absl::OkStatus();
}

std::string DateText(absl::Time date) {
  return absl::FormatTime(absl::RFC1123_full, date, absl::UTCTimeZone());
}

std::string MailboxLine(const char* name, const Mailbox& mailbox) {
  return MailboxHeaderLine(name, mailbox.display_name, WithAsciiDomain(mailbox.address));
}

}  // namespace

absl::StatusOr<std::string> Compose(const MessageHead& head, const FormLetter& letter,
                                    std::span<const std::string> values) {
  RETURN_IF_ERROR(Check(head));
  std::string bytes;
  bytes.reserve(kUsualSize);
  bytes += MailboxLine("From", head.from);
  bytes += MailboxLine("To", head.to);
  bytes += TextHeaderLine("Subject", head.subject);
  bytes += HeaderLine("Date", DateText(head.date));
  bytes += HeaderLine("Message-ID", '<' + head.message_id + '>');
  bytes += "Auto-Submitted: auto-generated\r\n";
  for (const Header& header : head.extra) bytes += HeaderLine(header.name, header.value);
  bytes += "MIME-Version: 1.0\r\n";
  RETURN_IF_ERROR(letter.AppendTo(bytes, values));
  return bytes;
}

}  // namespace portico::mail

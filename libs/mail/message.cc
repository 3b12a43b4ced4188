#include "libs/mail/message.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <gmime/gmime.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/mail/header_line.h"

namespace portico::mail {
namespace {

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

template <typename T>
using Object = std::unique_ptr<T, decltype(&g_object_unref)>;

template <typename T>
Object<T> Own(T* object) {
  return Object<T>(object, g_object_unref);
}

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

absl::Status Check(const Message& message) {
  RETURN_IF_ERROR(CheckMailbox("from", message.from));
  RETURN_IF_ERROR(CheckMailbox("to", message.to));
  RETURN_IF_ERROR(CheckHeaderText("subject", message.subject));
  RETURN_IF_ERROR(CheckMessageId(message.message_id));
  for (const Header& header : message.extra) RETURN_IF_ERROR(CheckExtra(header));
  if (message.text_body.empty() && message.html_body.empty()) {
    return Wrong("text_body", "want a text body, an HTML body or both");
  }
  if (!IsUtf8(message.text_body)) return Wrong("text_body", "want UTF-8 without NUL");
  if (!IsUtf8(message.html_body)) return Wrong("html_body", "want UTF-8 without NUL");
  return absl::OkStatus();
}

// The body in MIME's canonical form: whatever the line ends were, they become CRLF,
// which base64 has to carry as well (RFC 2045, section 6.8).
std::string CanonicalLines(const std::string& body) {
  return absl::StrReplaceAll(body, {{"\r\n", "\r\n"}, {"\r", "\r\n"}, {"\n", "\r\n"}});
}

Object<GMimeObject> TextPart(const char* subtype, const std::string& body) {
  const std::string lines = CanonicalLines(body);
  const auto stream = Own(g_mime_stream_mem_new_with_buffer(lines.data(), lines.size()));
  const auto content =
      Own(g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT));
  GMimePart* part = g_mime_part_new_with_type("text", subtype);
  g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
  g_mime_part_set_content(part, content.get());
  g_mime_part_set_content_encoding(
      part, g_mime_part_get_best_content_encoding(part, GMIME_ENCODING_CONSTRAINT_7BIT));
  return Own(GMIME_OBJECT(part));
}

Object<GMimeObject> Body(const Message& message) {
  if (message.html_body.empty()) return TextPart("plain", message.text_body);
  if (message.text_body.empty()) return TextPart("html", message.html_body);
  GMimeMultipart* both = g_mime_multipart_new_with_subtype("alternative");
  g_mime_multipart_add(both, TextPart("plain", message.text_body).get());
  g_mime_multipart_add(both, TextPart("html", message.html_body).get());
  return Own(GMIME_OBJECT(both));
}

// The body's own headers (Content-Type and so on), an empty line, and the body.
std::string MimeEntity(const Message& message) {
  const std::unique_ptr<GMimeFormatOptions, void (*)(GMimeFormatOptions*)> format(
      g_mime_format_options_new(), g_mime_format_options_free);
  g_mime_format_options_set_newline_format(format.get(), GMIME_NEWLINE_FORMAT_DOS);
  const std::unique_ptr<char, void (*)(void*)> bytes(
      g_mime_object_to_string(Body(message).get(), format.get()), g_free);
  std::string entity(bytes.get());
  if (!absl::EndsWith(entity, "\r\n")) entity += "\r\n";
  return entity;
}

std::string DateText(absl::Time date) {
  const std::unique_ptr<GDateTime, void (*)(GDateTime*)> time(
      g_date_time_new_from_unix_utc(absl::ToUnixSeconds(date)), g_date_time_unref);
  const std::unique_ptr<char, void (*)(void*)> text(g_mime_utils_header_format_date(time.get()),
                                                    g_free);
  return text.get();
}

std::string MailboxLine(const char* name, const Mailbox& mailbox) {
  return MailboxHeaderLine(name, mailbox.display_name, WithAsciiDomain(mailbox.address));
}

}  // namespace

absl::StatusOr<std::string> Compose(const Message& message) {
  static const bool initialized = (g_mime_init(), true);
  (void)initialized;
  RETURN_IF_ERROR(Check(message));
  std::string bytes = MailboxLine("From", message.from) + MailboxLine("To", message.to) +
                      TextHeaderLine("Subject", message.subject) +
                      HeaderLine("Date", DateText(message.date)) +
                      HeaderLine("Message-ID", '<' + message.message_id + '>') +
                      HeaderLine("Auto-Submitted", "auto-generated");
  for (const Header& header : message.extra) bytes += HeaderLine(header.name, header.value);
  return bytes + HeaderLine("MIME-Version", "1.0") + MimeEntity(message);
}

}  // namespace portico::mail

#include "libs/mail/address.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_split.h>
#include <gmime/gmime.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "libs/base/status_macros.h"

namespace portico::mail {
namespace {

constexpr size_t kMaxAddress = 254;
constexpr size_t kMaxLocal = 64;
constexpr size_t kMaxLabel = 63;
constexpr std::string_view kAtomSpecials = "!#$%&'*+-/=?^_`{|}~";

bool IsAscii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool IsAtomChar(char c) {
  return !IsAscii(c) || absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         kAtomSpecials.find(c) != std::string_view::npos;
}

bool IsLabelChar(char c) {
  return !IsAscii(c) || absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Whether `text` is UTF-8 and each of its characters beyond ASCII can be seen:
// a direction override or a zero-width space would make two addresses look alike.
bool IsVisibleUtf8(std::string_view text) {
  if (!g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr)) return false;
  const char* const end = text.data() + text.size();
  for (const char* p = text.data(); p < end; p = g_utf8_next_char(p)) {
    const gunichar c = g_utf8_get_char(p);
    if (c >= 0x80 && (!g_unichar_isgraph(c) || g_unichar_isspace(c))) return false;
  }
  return true;
}

absl::Status Wrong(const char* what) { return absl::InvalidArgumentError(what); }

absl::Status CheckLocal(std::string_view local) {
  if (local.empty()) return Wrong("want an address: nothing before the @");
  if (local.size() > kMaxLocal) return Wrong("want an address: over 64 bytes before the @");
  if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) {
    return Wrong("want an address: a misplaced dot before the @");
  }
  if (!std::all_of(local.begin(), local.end(), [](char c) { return c == '.' || IsAtomChar(c); })) {
    return Wrong("want an address: a character that may not stand before the @");
  }
  return absl::OkStatus();
}

absl::Status CheckDomain(std::string_view domain) {
  const std::vector<std::string> labels =
      absl::StrSplit(absl::string_view(domain.data(), domain.size()), '.');
  if (labels.size() < 2) return Wrong("want an address: no dot in the domain");
  for (const std::string& label : labels) {
    if (label.empty()) return Wrong("want an address: a misplaced dot in the domain");
    if (label.size() > kMaxLabel) return Wrong("want an address: over 63 bytes in a domain label");
    if (label.front() == '-' || label.back() == '-') {
      return Wrong("want an address: a domain label begins or ends with a hyphen");
    }
    if (!std::all_of(label.begin(), label.end(), IsLabelChar)) {
      return Wrong("want an address: a character that may not stand in a domain");
    }
  }
  if (std::all_of(labels.back().begin(), labels.back().end(), IsDigit)) {
    return Wrong("want an address: a domain name, not an IP address");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  if (text.empty()) return Wrong("want an address: it is empty");
  if (text.size() > kMaxAddress) return Wrong("want an address: over 254 bytes");
  if (!IsVisibleUtf8(text)) return Wrong("want an address: not UTF-8 of visible characters");
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos) return Wrong("want an address: no @");
  const std::string_view local = text.substr(0, at), domain = text.substr(at + 1);
  RETURN_IF_ERROR(CheckLocal(local));
  RETURN_IF_ERROR(CheckDomain(domain));
  return Address{std::string(local), std::string(domain)};
}

bool IsValidAddress(std::string_view text) { return ParseAddress(text).ok(); }

std::string NormalizeAddress(std::string_view text) {
  std::string address(text);
  absl::StripAsciiWhitespace(&address);
  const size_t at = address.rfind('@');
  if (at == std::string::npos) return address;
  std::transform(address.begin() + at, address.end(), address.begin() + at, absl::ascii_tolower);
  return address;
}

std::string AddressKey(std::string_view text) {
  return absl::AsciiStrToLower(NormalizeAddress(text));
}

std::string WithAsciiDomain(const std::string& address) {
  if (std::ranges::all_of(address, IsAscii)) return address;
  const std::unique_ptr<InternetAddress, decltype(&g_object_unref)> mailbox(
      internet_address_mailbox_new(nullptr, address.c_str()), g_object_unref);
  return internet_address_mailbox_get_idn_addr(INTERNET_ADDRESS_MAILBOX(mailbox.get()));
}

}  // namespace portico::mail

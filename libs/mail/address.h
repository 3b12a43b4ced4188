#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace portico::mail {

// An e-mail address, split at its last @.
struct Address {
  std::string local;
  std::string domain;
};

// Reads one bare address such as "john@example.com": no display name, angle
// brackets, comments, quoted local part or address literal. The local part is a
// dot-atom of at most 64 bytes (RFC 5321, section 4.5.3.1), the domain has at
// least two labels, and the whole at most 254 bytes. Both may hold letters of
// other scripts (RFC 6531), but nothing that cannot be seen, so control
// characters, line breaks and spaces of any kind are refused.
// INVALID_ARGUMENT says what is wrong without repeating the address, so that the
// message may be logged.
absl::StatusOr<Address> ParseAddress(std::string_view text);

bool IsValidAddress(std::string_view text);

// The form to store and to send to: trimmed, its domain in lower case. A local
// part keeps its case, which only its own host may interpret.
std::string NormalizeAddress(std::string_view text);

// The form to compare by: normalized, and the local part in lower case as well,
// since no mail host of note tells "John@" from "john@". ASCII letters only.
std::string AddressKey(std::string_view text);

// The form that goes to mail servers: a domain of another script becomes ASCII (IDNA
// 2008), so that any server understands it as long as the local part is ASCII.
std::string WithAsciiDomain(const std::string& address);

}  // namespace portico::mail

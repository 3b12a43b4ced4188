#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <span>
#include <string>
#include <vector>

#include "libs/mail/form_letter.h"

namespace portico::mail {

struct Mailbox {
  std::string display_name = {};  // May be empty.
  std::string address;
};

struct Header {
  std::string name;
  std::string value;
};

struct MessageHead {
  Mailbox from;
  Mailbox to;
  std::string subject;
  // "unique@domain", without angle brackets. The caller keeps it over all attempts to
  // deliver a message, so that a receiver can drop a second copy.
  std::string message_id;
  absl::Time date;
  // More headers, such as List-Unsubscribe; none of those that Compose writes itself.
  std::vector<Header> extra = {};
};

// The message as bytes ready for a Transport (RFC 5322, MIME): lines end with CRLF, all
// is 7-bit but an address in another script (RFC 6532), and no line is over 998 bytes.
// It is marked "Auto-Submitted: auto-generated", so that out-of-office robots stay quiet.
// INVALID_ARGUMENT names the field: an address that is none, a line break or other
// control character in a header, text that is not UTF-8; or as of FormLetter::AppendTo.
absl::StatusOr<std::string> Compose(const MessageHead& head, const FormLetter& letter,
                                    std::span<const std::string> values);

}  // namespace portico::mail

#pragma once

#include <absl/time/time.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portico::mail {

// What a message says that a mail server sends back to the return address of another one.
struct ReturnedMail {
  enum class Kind {
    kNone,       // It is no report, or one that tells nothing of use.
    kFailed,     // The mail will not arrive.
    kDelayed,    // It is late, and still tried.
    kDelivered,  // It has arrived, or gone where no more is told of it.
    kComplaint,  // Its recipient does not want it (RFC 5965).
  };
  Kind kind = Kind::kNone;
  // To whom the report came, and for a complaint the return address that it names, at most 20:
  // one of them tells the mail that it is of.
  std::vector<std::string> addresses = {};
  std::string enhanced_status = {};               // RFC 3463, such as "5.1.1"; may be empty.
  std::string text = {};                          // As DeliveryResult::reply.
  std::optional<absl::Time> date = std::nullopt;  // Of the report.
};

// No more of a report than this is worth reading: behind it comes the mail that it is about.
inline constexpr size_t kReturnedMailBytes = 256 << 10;

// Reads a delivery status notification (RFC 3464) or a complaint (RFC 5965), at most its first
// kReturnedMailBytes. Anything else, however broken, is of kind kNone.
ReturnedMail ReadReturnedMail(std::string_view bytes);

}  // namespace portico::mail

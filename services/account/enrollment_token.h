#pragma once

#include <absl/time/time.h>

#include <optional>
#include <string>
#include <string_view>

#include "libs/auth/signer.h"

namespace portico::account {

// What the token of an enrollment link says: that whoever has it has this invoice.
struct Enrollment {
  std::string invoice_id;
  absl::Time expire_time;  // In whole seconds.
};

// The token: base64url of a version, the expiry, the invoice's id and their signature.
std::string MakeEnrollmentToken(const auth::Signer& signer, const Enrollment& enrollment);

// Nullopt where `token` was not made so with one of the signer's keys. It may have expired.
std::optional<Enrollment> ReadEnrollmentToken(const auth::Signer& signer, std::string_view token);

}  // namespace portico::account

#pragma once

#include <absl/status/status.h>

#include <span>

#include "libs/storage/session.h"
#include "portico/account/v1/account.pb.h"

namespace portico::account {

// Gives new accounts what they take over from their classes, and the defaults of what is unset.
absl::Status FillIn(storage::Session& session, std::span<v1::Account* const> accounts);

}  // namespace portico::account

#pragma once

#include <absl/status/status.h>

#include <string>

#include "libs/rpc/errors.h"
#include "portico/account/v1/account.pb.h"

namespace portico::account {

// Whether there is a currency where there is an amount.
void CheckMoney(const std::string& field, const v1::Money& money, rpc::FieldErrors& errors);

// A new one's.
void SetDefaults(v1::Site& site);

// Both check what the field rules in the protos cannot state. INVALID_ARGUMENT names every field
// that is wrong. What they refer to is checked by the store.
absl::Status Complete(v1::Account& account);
absl::Status Complete(v1::Site& site);

}  // namespace portico::account

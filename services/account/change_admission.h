#pragma once

#include <absl/status/status.h>

#include "libs/storage/session.h"
#include "portico/account/v1/account.pb.h"

namespace portico::account {

// Whether a change may be made, for what Constraints cannot say. `before` has no id when the
// resource is new. RefuseMerged where the account was merged.
absl::Status Admit(storage::Session& session, const v1::Account& before, const v1::Account& after);
// NOT_FOUND: the account does not exist, or is not the one that the site has now.
absl::Status Admit(storage::Session& session, const v1::Site& before, const v1::Site& after);

}  // namespace portico::account

#pragma once

#include <absl/status/status.h>

#include <string>
#include <vector>

#include "libs/storage/session.h"
#include "portico/account/v1/account.pb.h"

namespace portico::account {

// The number that a site gets where its own is taken: "1-2", "1-3", …; as long as a number may be.
std::string OtherNumber(const std::string& number, int which);

// Gives `sites`, all of one account, to the account `winner_id`, each under its number or, where
// that is taken there, under another one; and notes the account and number that they had. The
// sites themselves are for the caller to write.
absl::Status MoveSites(storage::Session& session, std::vector<v1::Site>& sites,
                       const std::string& winner_id);

}  // namespace portico::account

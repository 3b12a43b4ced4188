#pragma once

#include <absl/status/status.h>

#include <span>
#include <string>
#include <string_view>

#include "libs/storage/session.h"
#include "portico/account/v1/account.pb.h"

namespace portico::account {

// Where to find the account of an id: of one that was merged, the one that it was merged into.
inline constexpr std::string_view kWhereIdOrMerged =
    "where account.id = (select case when merged_into_id = '' then id else merged_into_id end "
    "from account where id = :id)";

// Which account is meant by a number, likewise.
inline constexpr std::string_view kOfNumber =
    "account.id = (select case when merged_into_id = '' then id else merged_into_id end "
    "from account where number = :number)";

// Which sites or invoices are of the account of an id, likewise.
inline constexpr std::string_view kOfAccount =
    "account_id = (select case when merged_into_id = '' then account.id else merged_into_id end "
    "from account where account.id = :account_id)";

// FAILED_PRECONDITION with reason ACCOUNT_MERGED: `field` names `id`, an account that is only
// another name for `merged_into_id`.
absl::Status RefuseMerged(std::string_view field, std::string_view id,
                          std::string_view merged_into_id);

// Whether a change may be made, for what Constraints cannot say. `before` has no id when the
// resource is new. RefuseMerged where the account was merged.
absl::Status Admit(storage::Session& session, const v1::Account& before, const v1::Account& after);
// NOT_FOUND: the account does not exist, or is not the one that the site has now.
absl::Status Admit(storage::Session& session, const v1::Site& before, const v1::Site& after);

// Gives new accounts what they take over from their classes, and the defaults of what is unset.
absl::Status FillIn(storage::Session& session, std::span<v1::Account* const> accounts);

}  // namespace portico::account

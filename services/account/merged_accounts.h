#pragma once

#include <absl/status/status.h>

#include <string_view>

namespace portico::account {

// Merged accounts stay as other names for those that they were merged into.

// Where to find the account of an id: of one that was merged, the one that it was merged into.
inline constexpr std::string_view kWhereIdOrMerged =
    "where account.id = (select case when merged_into_id = '' then id else merged_into_id end "
    "from account where id = :id)";

// Which account is meant by a number, or by an external id, likewise.
inline constexpr std::string_view kOfNumber =
    "account.id = (select case when merged_into_id = '' then id else merged_into_id end "
    "from account where number = :number)";
inline constexpr std::string_view kOfExternalId =
    "account.id = (select case when merged_into_id = '' then id else merged_into_id end "
    "from account where external_id <> '' and external_id = :external_id)";

// FAILED_PRECONDITION with reason ACCOUNT_MERGED: `field` names `id`, an account that is only
// another name for `merged_into_id`.
absl::Status RefuseMerged(std::string_view field, std::string_view id,
                          std::string_view merged_into_id);

}  // namespace portico::account

#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <vector>

#include "libs/storage/id_list.h"
#include "libs/storage/session.h"

namespace portico::account {

// The ids of the sites that these names mean, each an account's id and a number there. The account
// may be one that was merged: then the site is meant that had the number there.
// UNAVAILABLE: sites of an account are going over to another.
absl::StatusOr<std::map<storage::TextPair, std::string>> SitesByName(
    storage::Session& session, const std::vector<storage::TextPair>& names);

}  // namespace portico::account

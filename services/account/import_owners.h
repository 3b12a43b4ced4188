#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/storage/session.h"

namespace portico::account {

// An account, as a row of an import names it: by all that is not empty.
struct AccountName {
  std::string id, number, external_id;
};

// The accounts that the rows of one batch of an import belong to, read at once.
class ImportOwners {
 public:
  absl::Status Read(storage::Session& session, std::span<const AccountName> names);

  struct Owner {
    std::string named_id;  // The account that is meant,
    std::string id;        // and the one that it was merged into, or itself.
  };

  // Nullopt where nothing is named. INVALID_ARGUMENT names a field of the row: there is no such
  // account, or the names are of several. `resource` is the row's field that has the account_id.
  absl::StatusOr<std::optional<Owner>> Find(const AccountName& name,
                                            std::string_view resource) const;

 private:
  using Owners = std::unordered_map<std::string, Owner>;

  absl::Status ReadBy(storage::Session& session, std::string_view column,
                      std::vector<std::string> values, Owners& owners);

  Owners by_id_, by_number_, by_external_id_;
};

}  // namespace portico::account

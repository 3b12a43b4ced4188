#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/page_query.h"
#include "libs/storage/session.h"

namespace portico::account {

// The sites and invoices of a merged account go over to the one that stays a batch at a time. Until
// the last of them has, the merged account stands in a table; meanwhile those that wait still name
// it in the database, and are read as the other one's.
class MergeMoves {
 public:
  // In the transaction of the merge.
  static absl::Status Begin(storage::Session& session, const std::string& loser_id);
  static absl::Status End(storage::Session& session, const std::string& loser_id);

  // Those that are under way, as of now.
  static absl::StatusOr<MergeMoves> Read(storage::Session& session);

  bool empty() const { return winners_.empty(); }
  // The next merged account after this one, or else the first. There is one.
  const std::string& After(const std::string& loser_id) const;

  // Whether sites or invoices of the account come or go.
  bool Concern(const std::string& account_id) const;

  // The account that sites and invoices of `account_id` are of.
  const std::string& OwnerOf(const std::string& account_id) const;
  template <class M>
  void Resolve(M& resource) const {
    if (!empty()) resource.set_account_id(std::string(OwnerOf(resource.account_id())));
  }

  // Which sites or invoices are of the account of an id, or of the one that it was merged into.
  absl::StatusOr<storage::Condition> OfAccount(storage::Session& session,
                                               const std::string& account_id) const;

 private:
  std::map<std::string, std::string> winners_;  // By the merged account.
};

}  // namespace portico::account

#include "services/account/pending_contacts.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <tuple>

#include "libs/base/status_macros.h"

namespace portico::account {
namespace {

constexpr absl::Duration kGrace = absl::Minutes(1);
constexpr absl::Duration kLongestDelay = absl::Hours(1);

}  // namespace

absl::Status PendingContactsStore::Insert(storage::Session& session,
                                          const contact::v1::CreateContactsRequest& request) {
  return session
      .Execute(
          "insert into pending_contacts (account_id, request, attempts, due_time) "
          "values (:account_id, :request, 0, :due_time)",
          request.account_id(), absl::Base64Escape(request.SerializeAsString()),
          ToMicros(clock_.Now() + kGrace))
      .status();
}

absl::StatusOr<bool> PendingContactsStore::Has(storage::Session& session,
                                               const std::string& account_id) const {
  ASSIGN_OR_RETURN(
      const auto row,
      session.SelectOne<int64_t>(
          "select attempts from pending_contacts where account_id = :account_id", account_id));
  return row.has_value();
}

absl::Status PendingContactsStore::Remove(const std::string& account_id) {
  return database_.Write([&](storage::Session& session) {
    return session
        .Execute("delete from pending_contacts where account_id = :account_id", account_id)
        .status();
  });
}

absl::StatusOr<std::vector<PendingContacts>> PendingContactsStore::ListDue(int limit) {
  const absl::Time now = clock_.Now();
  // None is put off for longer than this, unless the clock was set back since.
  const absl::Time latest = now + kLongestDelay;
  using Row = std::tuple<std::string, std::string, int64_t>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows, database_.ReadOne([&](storage::Session& session) {
    return session.Select<std::string, std::string, int64_t>(
        "select account_id, request, attempts from pending_contacts "
        "where due_time <= :now or due_time > :latest order by due_time limit :limit",
        ToMicros(now), ToMicros(latest), limit);
  }));
  std::vector<PendingContacts> due;
  for (const auto& [account_id, request, attempts] : rows) {
    std::string bytes;
    PendingContacts& pending = due.emplace_back();
    if (!absl::Base64Unescape(request, &bytes) || !pending.request.ParseFromString(bytes)) {
      return absl::DataLossError(
          absl::StrCat("the pending contacts of ", account_id, " cannot be read"));
    }
    pending.attempts = attempts;
  }
  return due;
}

absl::Status PendingContactsStore::Postpone(const PendingContacts& pending, absl::Duration delay) {
  const int64_t due_time = ToMicros(clock_.Now() + std::min(delay, kLongestDelay));
  return database_.Write([&](storage::Session& session) {
    return session
        .Execute(
            "update pending_contacts set attempts = :attempts, due_time = :due_time "
            "where account_id = :account_id",
            pending.attempts + 1, due_time, pending.request.account_id())
        .status();
  });
}

}  // namespace portico::account

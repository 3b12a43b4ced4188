#include "services/account/pending_contacts.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <tuple>

#include "libs/base/status_macros.h"
#include "libs/storage/request_log.h"
#include "services/account/merged_accounts.h"

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

absl::Status PendingContactsStore::Refuse(const std::string& account_id) {
  const absl::Time now = clock_.Now();
  return database_.Write([&](storage::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(
        const int64_t removed,
        session.Execute("delete from pending_contacts where account_id = :account_id", account_id));
    if (removed == 0) return absl::OkStatus();  // Another process was told before.
    RETURN_IF_ERROR(session
                        .Execute("delete from refused_contacts where refused_time < :time",
                                 ToMicros(now - storage::kRequestMemory))
                        .status());
    return session
        .Execute(
            "insert into refused_contacts (account_id, refused_time) "
            "values (:account_id, :refused_time) on conflict (account_id) do nothing",
            account_id, ToMicros(now))
        .status();
  });
}

absl::Status PendingContactsStore::Reopen(const contact::v1::CreateContactsRequest& request) {
  const std::string& account_id = request.account_id();
  ASSIGN_OR_RETURN(const auto refused, database_.ReadOne([&](storage::Session& session) {
    return session.SelectOne<int64_t>(
        "select refused_time from refused_contacts where account_id = :account_id", account_id);
  }));
  if (!refused.has_value()) return absl::OkStatus();
  return database_.Write([&](storage::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const auto account,
                     session.SelectOne<std::string>(
                         "select merged_into_id from account where id = :id", account_id));
    if (account.has_value() && !std::get<0>(*account).empty()) {
      return RefuseMerged("account", account_id, std::get<0>(*account));
    }
    ASSIGN_OR_RETURN(
        const int64_t removed,
        session.Execute("delete from refused_contacts where account_id = :account_id", account_id));
    return removed == 0 ? absl::OkStatus() : Insert(session, request);
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

#include "services/invitation/stale_recipients.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <tuple>

#include "libs/base/status_macros.h"
#include "libs/storage/id_list.h"
#include "libs/storage/row_set.h"

namespace portico::invitation {

using storage::Session;

void StaleRecipients::RaiseAfterCommit(Session& session) const {
  session.AfterCommit([&signal = signal_] { signal.Raise(); });
}

absl::Status StaleRecipients::Add(Session& session,
                                  std::span<const std::string> contact_ids) const {
  if (contact_ids.empty()) return absl::OkStatus();
  storage::RowSet notes("stale_recipient", {"contact_id"});
  for (const std::string& id : contact_ids) notes.Add(id);
  RaiseAfterCommit(session);
  return session.InsertRows(notes);
}

absl::Status StaleRecipients::AddAccounts(Session& session,
                                          std::span<const std::string> account_ids) const {
  if (account_ids.empty()) return absl::OkStatus();
  // Accounts mostly come before their contacts.
  ASSIGN_OR_RETURN(
      const int64_t noted,
      session.Execute(absl::StrCat("insert into stale_account (account_id) "
                                   "select distinct account_id from recipient where ",
                                   session.IsAmong("account_id", ":ids")),
                      storage::ListOf(account_ids)));
  if (noted > 0) RaiseAfterCommit(session);
  return absl::OkStatus();
}

absl::Status StaleRecipients::AddAddress(Session& session, std::string_view address_key) const {
  if (address_key.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t noted,
                   session.Execute("insert into stale_recipient (contact_id) "
                                   "select contact_id from recipient "
                                   "where email_key = :key and email_key <> ''",
                                   address_key));
  if (noted > 0) RaiseAfterCommit(session);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> StaleRecipients::Take(Session& session,
                                                               int64_t limit) const {
  using Note = std::tuple<int64_t, std::string>;
  ASSIGN_OR_RETURN(const std::vector<Note> notes,
                   (session.Select<int64_t, std::string>(
                       "select sequence, contact_id from stale_recipient "
                       "order by sequence limit :limit",
                       limit)));
  if (notes.empty()) return TakeOfAccount(session, limit);
  // One that is committed meanwhile, with an earlier number perhaps, is not seen here either.
  RETURN_IF_ERROR(session
                      .Execute("delete from stale_recipient where sequence <= :last",
                               std::get<0>(notes.back()))
                      .status());
  std::vector<std::string> ids;
  for (const auto& [sequence, id] : notes) ids.push_back(id);
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  return ids;
}

absl::StatusOr<std::vector<std::string>> StaleRecipients::TakeOfAccount(Session& session,
                                                                        int64_t limit) const {
  std::vector<std::string> ids;
  while (ids.empty()) {
    ASSIGN_OR_RETURN(const auto account,
                     (session.SelectOne<int64_t, std::string, std::string>(
                         "select sequence, account_id, done_contact_id from stale_account "
                         "order by sequence limit 1")));
    if (!account.has_value()) break;
    const auto& [sequence, account_id, done] = *account;
    using Row = std::tuple<std::string>;
    ASSIGN_OR_RETURN(
        const std::vector<Row> rows,
        session.Select<std::string>("select contact_id from recipient "
                                    "where account_id = :account_id and contact_id > :done "
                                    "order by contact_id limit :limit",
                                    account_id, done, limit));
    for (const auto& [id] : rows) ids.push_back(id);
    const bool is_last = static_cast<int64_t>(rows.size()) < limit;
    RETURN_IF_ERROR(is_last ? session
                                  .Execute("delete from stale_account where sequence = :sequence",
                                           sequence)
                                  .status()
                            : session
                                  .Execute("update stale_account set done_contact_id = :done "
                                           "where sequence = :sequence",
                                           ids.back(), sequence)
                                  .status());
  }
  return ids;
}

}  // namespace portico::invitation

#include "services/contact/account_mover.h"

#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/log/trace.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "services/contact/field_changes.h"

namespace portico::contact {

using storage::Session;

namespace {

constexpr int64_t kAtOnce = 200;

// Contacts that are changed together, with what is told of it.
class Changes {
 public:
  explicit Changes(const ContactRows& rows) : rows_(rows) {}

  // What changes besides the account is noted in the history, too.
  void Add(const v1::Contact& before, v1::Contact after) {
    v1::Contact same_account = before;
    same_account.set_account_id(after.account_id());
    v1::Activity activity = rows_.activities().Now(after.id(), v1::ACTIVITY_KIND_UPDATED);
    *activity.mutable_changes() = FieldChanges(same_account, after);
    if (activity.changes_size() > 0) activities_.push_back(std::move(activity));
    rows_.StampChanged(after);
    v1::ContactUpdated event;
    *event.mutable_contact() = after;
    drafts_.push_back(rows_.events().Prepare(event, after.id(), after.account_id()));
    contacts_.push_back(std::move(after));
  }

  absl::Status Write(Session& session) const {
    RETURN_IF_ERROR(rows_.table().SaveAll(session, contacts_));
    RETURN_IF_ERROR(rows_.activities().AddAll(session, activities_));
    return rows_.events().AppendAll(session, drafts_);
  }

 private:
  const ContactRows& rows_;
  std::vector<v1::Contact> contacts_;
  std::vector<v1::Activity> activities_;
  std::vector<events::Draft> drafts_;
};

}  // namespace

absl::Status AccountMover::Merge(Session& session, const std::string& loser_id,
                                 const std::string& winner_id) const {
  ASSIGN_OR_RETURN(const std::string stays, accounts_.SaveMerge(session, loser_id, winner_id));
  RETURN_IF_ERROR(rows_.activities().AddAccountMerge(session, loser_id, stays));
  // Those that were on their way to the loser go on from there.
  RETURN_IF_ERROR(session
                      .Execute("update account_move set to_account = :winner "
                               "where to_account = :loser",
                               stays, loser_id)
                      .status());
  ASSIGN_OR_RETURN(const bool are_all, MoveSome(session, loser_id, stays));
  return are_all ? absl::OkStatus() : Leave(session, loser_id, stays);
}

absl::Status AccountMover::EndInvoicesByEmail(Session& session,
                                              const std::string& account_id) const {
  ASSIGN_OR_RETURN(const bool are_all, EndSome(session, account_id));
  return are_all ? absl::OkStatus() : Leave(session, account_id, account_id);
}

absl::Status AccountMover::Leave(Session& session, const std::string& from_account,
                                 const std::string& to_account) const {
  return session
      .Execute(
          "insert into account_move (from_account, to_account, actor) "
          "values (:from, :to, :actor) "
          "on conflict (from_account) do update set to_account = excluded.to_account",
          from_account, to_account, log::CurrentTrace().actor)
      .status();
}

absl::Duration AccountMover::Step() {
  // One that cannot be moved must not keep the others from their turn.
  const auto next = [this](Session& session) {
    return session.SelectOne<std::string, std::string, std::string>(
        "select from_account, to_account, actor from account_move "
        "order by case when from_account > :failed then 0 else 1 end, from_account limit 1",
        last_failed_);
  };
  const auto any = database_.ReadOne(next);
  if (!any.ok()) return absl::Seconds(10);
  if (!any->has_value()) return absl::Seconds(1);
  const absl::Status moved = database_.Write([&](Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const auto move, next(session));
    if (!move.has_value()) return absl::OkStatus();  // Another process was faster.
    const auto& [from, to, actor] = *move;
    const log::TraceScope scope(log::Trace{log::CurrentTraceId(), actor});
    ASSIGN_OR_RETURN(const bool are_all,
                     from == to ? EndSome(session, from) : MoveSome(session, from, to));
    if (!are_all) return absl::OkStatus();
    return session.Execute("delete from account_move where from_account = :from", from).status();
  });
  if (moved.ok()) return absl::ZeroDuration();
  last_failed_ = std::get<0>(**any);
  log::Warn("what an account's change means for its contacts cannot be done",
            {{"account", last_failed_}, {"error", std::string(moved.message())}});
  return absl::Seconds(10);
}

absl::StatusOr<bool> AccountMover::MoveSome(Session& session, const std::string& from_account,
                                            const std::string& to_account) const {
  ASSIGN_OR_RETURN(const std::vector<v1::Contact> some,
                   rows_.table().List(session,
                                      "where account_id = :account and merged_into_id = '' "
                                      "order by id limit :limit",
                                      from_account, kAtOnce));
  ASSIGN_OR_RETURN(const auto primary,
                   session.SelectOne<std::string>("select id from contact where "
                                                  "account_id = :account and billing_contact = 2",
                                                  to_account));
  ASSIGN_OR_RETURN(const bool by_email, accounts_.MayGetInvoices(session, to_account));
  Changes changes(rows_);
  for (const v1::Contact& before : some) {
    v1::Contact after = before;
    after.set_account_id(to_account);
    if (primary.has_value() && after.billing_contact() == v1::BILLING_CONTACT_PRIMARY) {
      after.set_billing_contact(v1::BILLING_CONTACT_SECONDARY);
    }
    if (!by_email) after.set_receive_invoice_notifications(false);
    changes.Add(before, std::move(after));
  }
  RETURN_IF_ERROR(changes.Write(session));
  if (static_cast<int64_t>(some.size()) == kAtOnce) return false;
  // Those that were merged into others are these others, of whom all is told.
  RETURN_IF_ERROR(session
                      .Execute("update contact set account_id = :to where account_id = :from "
                               "and merged_into_id <> ''",
                               to_account, from_account)
                      .status());
  return true;
}

absl::StatusOr<bool> AccountMover::EndSome(Session& session, const std::string& account_id) const {
  // They may go by e-mail again.
  ASSIGN_OR_RETURN(const bool by_email, accounts_.MayGetInvoices(session, account_id));
  if (by_email) return true;
  ASSIGN_OR_RETURN(const std::vector<v1::Contact> some,
                   rows_.table().List(session,
                                      "where account_id = :account and merged_into_id = '' "
                                      "and receive_invoice_notifications = 1 limit :limit",
                                      account_id, kAtOnce));
  Changes changes(rows_);
  for (const v1::Contact& before : some) {
    v1::Contact after = before;
    after.set_receive_invoice_notifications(false);
    changes.Add(before, std::move(after));
  }
  RETURN_IF_ERROR(changes.Write(session));
  return static_cast<int64_t>(some.size()) < kAtOnce;
}

}  // namespace portico::contact

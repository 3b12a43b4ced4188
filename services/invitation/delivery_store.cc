#include "services/invitation/delivery_store.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/storage/id_list.h"
#include "libs/storage/update_each.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;
using storage::ToValue;

namespace {

std::optional<int64_t> Stored(const std::optional<absl::Time>& time) {
  if (!time.has_value()) return std::nullopt;
  return ToMicros(*time);
}

bool IsDueBefore(const OutgoingMail& a, const OutgoingMail& b) {
  const int64_t a_due = TimeUtil::TimestampToMicroseconds(a.message.due_time());
  const int64_t b_due = TimeUtil::TimestampToMicroseconds(b.message.due_time());
  return a_due != b_due ? a_due < b_due : a.message.id() < b.message.id();
}

}  // namespace

absl::StatusOr<std::vector<OutgoingMail>> DeliveryStore::Lease(Session& session, Lane lane,
                                                               absl::Time now,
                                                               const MailLease& lease,
                                                               int64_t limit) const {
  const std::string sql = absl::StrCat(
      "update message set lease_until = :until, lease_owner = :owner where id ",
      // There an array is selected once, and what it is not locked for is not leased.
      session.is_remote() ? "= any (array (" : "in (",
      "select id from message where state = 1 and lane = :lane and due_time <= :now "
      "and lease_until <= :now order by due_time, id limit :count",
      session.is_remote() ? " for update skip locked))" : ")");
  ASSIGN_OR_RETURN(std::vector<OutgoingMail> mails,
                   table_.Change(session, sql,
                                 std::array{ToValue(ToMicros(lease.until)), ToValue(lease.owner),
                                            ToValue(lane), ToValue(ToMicros(now)),
                                            ToValue(limit)}));
  std::ranges::sort(mails, IsDueBefore);
  return mails;
}

absl::StatusOr<std::vector<OutgoingMail>> DeliveryStore::Leased(Session& session,
                                                                const std::vector<std::string>& ids,
                                                                const MailLease& lease) const {
  const std::string list = storage::ListOf(ids);
  return table_.List(session,
                     absl::StrCat("where ", session.IsAmong("id", ":ids"),
                                  " and state = 1 and lease_owner = :owner "
                                  "and lease_until = :until"),
                     std::array{ToValue(list), ToValue(lease.owner),
                                ToValue(ToMicros(lease.until))});
}

absl::StatusOr<std::optional<absl::Time>> DeliveryStore::NextDue(Session& session, Lane lane,
                                                                 absl::Time now) const {
  ASSIGN_OR_RETURN(const auto row, session.SelectOne<int64_t>(
                                       "select due_time from message where state = 1 "
                                       "and lane = :lane and lease_until <= :now "
                                       "order by due_time, id limit 1",
                                       lane, ToMicros(now)));
  if (!row.has_value()) return std::nullopt;
  return FromMicros(std::get<0>(*row));
}

absl::StatusOr<int64_t> DeliveryStore::CountWaiting(Session& session, Lane lane) const {
  ASSIGN_OR_RETURN(const auto row,
                   session.SelectOne<int64_t>(
                       "select count(*) from message where state = 1 and lane = :lane", lane));
  return row.has_value() ? std::get<0>(*row) : 0;
}

absl::Status DeliveryStore::Release(Session& session, const std::vector<std::string>& ids,
                                    const MailLease& lease) const {
  return session
      .Execute(absl::StrCat("update message set lease_until = 0, lease_owner = '' where ",
                            session.IsAmong("id", ":ids"),
                            " and lease_owner = :owner and lease_until = :until"),
               storage::ListOf(ids), lease.owner, ToMicros(lease.until))
      .status();
}

absl::Status DeliveryStore::PutOff(Session& session, std::span<const Delay> delays,
                                   const MailLease& lease) const {
  storage::RowSet rows("message", {"due_time", "id", "lease_owner", "lease_until"});
  for (const Delay& delay : delays) {
    rows.Add(ToMicros(delay.due), delay.id, lease.owner, ToMicros(lease.until));
  }
  return storage::UpdateEach(session, rows,
                    "update message set due_time = $0, lease_until = 0, lease_owner = '' $from "
                    "where id = $1 and state = 1 and lease_owner = $2 and lease_until = $3");
}

absl::Status DeliveryStore::ReleaseClaim(Session& session, const MailLease& lease) const {
  return session
      .Execute(
          "update message set lease_until = 0, lease_owner = '' "
          "where lease_owner = :owner and lease_owner <> '' and lease_until = :until",
          lease.owner, ToMicros(lease.until))
      .status();
}

absl::Status DeliveryStore::ReleaseAll(Session& session, std::string_view owner) const {
  session.AfterCommit([&signal = signal_] { signal.Raise(); });
  return session
      .Execute(
          "update message set lease_until = 0, lease_owner = '' "
          "where lease_owner = :owner and lease_owner <> ''",
          owner)
      .status();
}

absl::Status DeliveryStore::EndLeasesBy(Session& session, std::string_view owner,
                                        absl::Time latest, absl::Time possible) const {
  return session
      .Execute(
          "update message set lease_until = :latest "
          "where state = 1 and lease_until > :possible and lease_owner <> :owner",
          ToMicros(latest), ToMicros(possible), owner)
      .status();
}

absl::Status DeliveryStore::MakeDueBy(Session& session, int64_t attempts,
                                      absl::Time latest) const {
  return session
      .Execute(
          "update message set due_time = :latest "
          "where state = 1 and due_time > :latest and attempt_count <= :attempts",
          ToMicros(latest), attempts)
      .status();
}

absl::StatusOr<std::map<std::string, DeliveryStore::State>> DeliveryStore::Lock(
    Session& session, const std::vector<std::string>& ids) const {
  using Row = std::tuple<std::string, std::string, int64_t, int64_t, int64_t, int64_t, std::string,
                         int64_t>;
  ASSIGN_OR_RETURN(
      std::vector<Row> rows,
      (session.Select<std::string, std::string, int64_t, int64_t, int64_t, int64_t, std::string,
                      int64_t>(
          absl::StrCat("select id, recipient, kind, state, create_time, "
                       "attempt_count, lease_owner, lease_until from message where ",
                       session.IsAmong("id", ":ids"), " order by id", session.for_update()),
          storage::ListOf(ids))));
  std::map<std::string, State> states;
  for (auto& [id, recipient, kind, state, create_time, attempt_count, owner, until] : rows) {
    states[id] = {.id = id,
                  .recipient = std::move(recipient),
                  .kind = static_cast<portico::invitation::v1::MessageKind>(kind),
                  .state = static_cast<MessageState>(state),
                  .create_time = FromMicros(create_time),
                  .attempt_count = attempt_count,
                  .lease = {.owner = std::move(owner), .until = FromMicros(until)}};
  }
  return states;
}

absl::Status DeliveryStore::Record(Session& session, std::span<const Ending> endings) const {
  storage::RowSet attempts("delivery_attempt", {"message_id", "number", "time", "outcome",
                                                "reply_code", "enhanced_status", "reply"});
  for (const Ending& ending : endings) {
    const DeliveryAttempt& attempt = ending.attempt;
    attempts.Add(ending.id, ending.number, TimeUtil::TimestampToMicroseconds(attempt.time()),
                 attempt.outcome(), attempt.reply_code(), attempt.enhanced_status(),
                 attempt.reply());
  }
  RETURN_IF_ERROR(session.InsertRows(attempts));
  return Update(session, endings);
}

absl::Status DeliveryStore::Update(Session& session, std::span<const Ending> endings) const {
  storage::RowSet counted("message", {"attempt_count", "id"});
  storage::RowSet changed("message",
                          {"attempt_count", "state", "due_time", "finish_time", "id"});
  for (const Ending& ending : endings) {
    if (ending.state.has_value()) {
      changed.Add(ending.number, *ending.state, Stored(ending.due_time),
                  Stored(ending.finish_time), ending.id);
    } else {
      counted.Add(ending.number, ending.id);
    }
  }
  RETURN_IF_ERROR(storage::UpdateEach(
      session, counted, "update message set attempt_count = $0 $from where id = $1"));
  return storage::UpdateEach(
      session, changed,
      "update message set attempt_count = $0, state = $1, due_time = $2, "
      "finish_time = $3, cancel_reason = '', lease_until = 0, lease_owner = '', "
      "sealed_token = case when $1 = 1 then sealed_token else '' end $from "
      "where id = $4");
}

}  // namespace portico::invitation

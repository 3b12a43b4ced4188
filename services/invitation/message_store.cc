#include "services/invitation/message_store.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <array>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/storage/id_list.h"
#include "libs/storage/page_query.h"
#include "libs/storage/row_set.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using portico::invitation::v1::ListMessagesRequest;
using portico::invitation::v1::ListMessagesResponse;
using storage::Session;

namespace {

std::string ToJson(const PlaceholderValues& values) {
  using nlohmann::json;
  return json(values).dump(-1, ' ', false, json::error_handler_t::replace);
}

// Text that is no JSON gives no values: one broken row must not stop the queue.
PlaceholderValues FromJson(const std::string& text) {
  PlaceholderValues values;
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return values;
  for (const auto& [name, value] : json.items()) {
    if (value.is_string()) values[name] = value.get<std::string>();
  }
  return values;
}

// A time as its column holds it.
std::optional<int64_t> Stored(bool present, const google::protobuf::Timestamp& time) {
  if (!present) return std::nullopt;
  return TimeUtil::TimestampToMicroseconds(time);
}

// What a mail has besides its message, and how it is read.
const storage::MessageTable::MoreColumns& MailColumns() {
  using enum storage::ValueKind;
  static const auto& columns = *new storage::MessageTable::MoreColumns{
      .text = "message.sender_name, message.template_id, message.template_version, "
              "message.placeholder_values, message.portal_url, message.sealed_token, "
              "message.lane, message.bulk_number",
      .kinds = {kText, kText, kInteger, kText, kText, kText, kInteger, kInteger}};
  return columns;
}

OutgoingMail LoadMail(std::span<const storage::Cell> cells) {
  OutgoingMail mail;
  mail.content = {.sender_name = cells[0].text,
                  .template_id = cells[1].text,
                  .template_version = cells[2].integer,
                  .values = FromJson(cells[3].text),
                  .portal_url = cells[4].text,
                  .sealed_token = cells[5].text};
  mail.lane = static_cast<Lane>(cells[6].integer);
  mail.bulk_number = cells[7].integer;
  return mail;
}

}  // namespace

MessageStore::MessageStore(MailSignal& signal)
    : signal_(signal),
      table_("message", {"id", "invitation_id", "contact_id", "account_id", "recipient", "sender",
                         "subject", "message_id", "state", "create_time", "due_time", "finish_time",
                         "attempt_count", "cancel_reason", "kind", "bulk_send_id"}),
      attempts_("delivery_attempt", {"time", "outcome", "reply_code", "enhanced_status", "reply"}) {
}

absl::Status MessageStore::Insert(Session& session, const OutgoingMail& mail) const {
  return InsertAll(session, {&mail, 1});
}

absl::Status MessageStore::InsertAll(Session& session, std::span<const OutgoingMail> mails,
                                     const std::optional<MailLease>& lease) const {
  storage::RowSet rows(
      "message", {"id",          "invitation_id", "contact_id",       "account_id",
                  "recipient",   "sender",        "subject",          "message_id",
                  "state",       "create_time",   "due_time",         "attempt_count",
                  "sender_name", "cancel_reason", "template_id",      "template_version",
                  "portal_url",  "sealed_token",  "placeholder_values", "kind",
                  "lane",        "bulk_send_id",  "bulk_number",      "lease_until",
                  "lease_owner"});
  const int64_t lease_until = lease.has_value() ? ToMicros(lease->until) : 0;
  const std::string lease_owner = lease.has_value() ? lease->owner : "";
  for (const auto& [message, content, lane, bulk_number] : mails) {
    rows.Add(message.id(), message.invitation_id(), message.contact_id(), message.account_id(),
             message.recipient(), message.sender(), message.subject(), message.message_id(),
             portico::invitation::v1::MESSAGE_STATE_WAITING, Stored(true, message.create_time()),
             Stored(true, message.due_time()), 0, content.sender_name, "", content.template_id,
             content.template_version, content.portal_url, content.sealed_token,
             ToJson(content.values), message.kind(), lane, message.bulk_send_id(), bulk_number,
             lease_until, lease_owner);
  }
  if (!lease.has_value()) session.AfterCommit([&signal = signal_] { signal.Raise(); });
  return session.InsertRows(rows);
}

absl::StatusOr<std::optional<Message>> MessageStore::Find(Session& session,
                                                          std::string_view id) const {
  return table_.FindBy(session, "where id = :id", id);
}

absl::StatusOr<std::optional<Message>> MessageStore::Lock(Session& session,
                                                          std::string_view id) const {
  return table_.FindBy(session, absl::StrCat("where id = :id", session.for_update()), id);
}

absl::StatusOr<std::vector<OutgoingMail>> MessageStore::ListMails(
    Session& session, const std::string& rest, std::span<const storage::Value> arguments) const {
  std::vector<OutgoingMail> mails;
  ASSIGN_OR_RETURN(std::vector<Message> messages,
                   table_.ListWith(session, MailColumns(), rest, arguments,
                                   [&](auto cells) { mails.push_back(LoadMail(cells)); }));
  for (size_t i = 0; i < mails.size(); ++i) mails[i].message = std::move(messages[i]);
  return mails;
}

absl::StatusOr<std::vector<OutgoingMail>> MessageStore::Leased(Session& session,
                                                               const std::vector<std::string>& ids,
                                                               const MailLease& lease) const {
  const std::string list = storage::ListOf(ids);
  return ListMails(session,
                   absl::StrCat("where ", session.IsAmong("id", ":ids"),
                                " and state = 1 and lease_owner = :owner and lease_until = :until"),
                   std::array{storage::ToValue(list), storage::ToValue(lease.owner),
                              storage::ToValue(ToMicros(lease.until))});
}

absl::StatusOr<std::optional<OutgoingMail>> MessageStore::FindWaiting(
    Session& session, std::string_view invitation_id) const {
  ASSIGN_OR_RETURN(std::vector<OutgoingMail> mails,
                   ListMails(session, "where invitation_id = :invitation_id and state = 1",
                             std::array{storage::ToValue(invitation_id)}));
  if (mails.empty()) return std::nullopt;
  return std::move(mails.front());
}

absl::StatusOr<std::vector<Message>> MessageStore::ListDue(Session& session, absl::Time now,
                                                           int64_t limit) const {
  return table_.List(session,
                     "where state = 1 and lane in (0, 1) and due_time <= :now and lease_until <= :now "
                     "order by lane, due_time, id limit :count",
                     ToMicros(now), limit);
}

absl::StatusOr<std::vector<Message>> MessageStore::LockDue(Session& session, absl::Time now,
                                                           int64_t limit) const {
  return table_.List(session,
                     "where state = 1 and lane in (0, 1) and due_time <= :now and lease_until <= :now "
                     "order by lane, due_time, id limit :count for update skip locked",
                     ToMicros(now), limit);
}

absl::StatusOr<std::optional<absl::Time>> MessageStore::NextDue(Session& session,
                                                                absl::Time now) const {
  ASSIGN_OR_RETURN(const auto row,
                   session.SelectOne<int64_t>("select due_time from message "
                                              "where state = 1 and lane in (0, 1) and lease_until <= :now "
                                              "order by due_time, id limit 1",
                                              ToMicros(now)));
  if (!row.has_value()) return std::nullopt;
  return FromMicros(std::get<0>(*row));
}

absl::StatusOr<int64_t> MessageStore::CountWaiting(Session& session) const {
  ASSIGN_OR_RETURN(const auto row,
                   session.SelectOne<int64_t>("select count(*) from message where state = 1"));
  return row.has_value() ? std::get<0>(*row) : 0;
}

absl::StatusOr<bool> MessageStore::Lease(Session& session, std::string_view id,
                                         std::string_view owner, absl::Time until,
                                         absl::Time now) const {
  ASSIGN_OR_RETURN(const int64_t leased,
                   session.Execute("update message set lease_until = :until, lease_owner = :owner "
                                   "where id = :id and state = 1 and lease_until <= :now",
                                   ToMicros(until), owner, id, ToMicros(now)));
  return leased > 0;
}

absl::StatusOr<bool> MessageStore::HasLease(Session& session, std::string_view id,
                                            std::string_view owner, absl::Time until) const {
  ASSIGN_OR_RETURN(const auto row, session.SelectOne<std::string>(
                                       "select id from message where id = :id and state = 1 "
                                       "and lease_owner = :owner and lease_until = :until",
                                       id, owner, ToMicros(until)));
  return row.has_value();
}

absl::Status MessageStore::Release(Session& session, std::string_view id, std::string_view owner,
                                   absl::Time until) const {
  return session
      .Execute(
          "update message set lease_until = 0, lease_owner = '' "
          "where id = :id and lease_owner = :owner and lease_until = :until",
          id, owner, ToMicros(until))
      .status();
}

absl::Status MessageStore::ReleaseClaim(Session& session, std::string_view owner,
                                        absl::Time until) const {
  return session
      .Execute(
          "update message set lease_until = 0, lease_owner = '' "
          "where lease_owner = :owner and lease_owner <> '' and lease_until = :until",
          owner, ToMicros(until))
      .status();
}

absl::Status MessageStore::ReleaseAll(Session& session, std::string_view owner) const {
  session.AfterCommit([&signal = signal_] { signal.Raise(); });
  return session
      .Execute(
          "update message set lease_until = 0, lease_owner = '' "
          "where lease_owner = :owner and lease_owner <> ''",
          owner)
      .status();
}

absl::Status MessageStore::EndLeasesBy(Session& session, std::string_view owner,
                                       absl::Time latest, absl::Time possible) const {
  return session
      .Execute(
          "update message set lease_until = :latest "
          "where state = 1 and lease_until > :possible and lease_owner <> :owner",
          ToMicros(latest), ToMicros(possible), owner)
      .status();
}

absl::Status MessageStore::MakeDueBy(Session& session, int64_t attempts, absl::Time latest) const {
  return session
      .Execute(
          "update message set due_time = :latest "
          "where state = 1 and due_time > :latest and attempt_count <= :attempts",
          ToMicros(latest), attempts)
      .status();
}

absl::Status MessageStore::Cancel(Session& session, std::string_view invitation_id,
                                  std::string_view reason, absl::Time now) const {
  return session
      .Execute(
          "update message set state = 5, cancel_reason = :reason, finish_time = :now, "
          "due_time = null, sealed_token = '', lease_until = 0, lease_owner = '' "
          "where invitation_id = :invitation_id and state = 1",
          reason, ToMicros(now), invitation_id)
      .status();
}

// Each names the index's conditions, without which SQLite does not use it.
absl::Status MessageStore::Hold(Session& session, std::string_view bulk_send_id) const {
  return session
      .Execute(
          "update message set lane = 2 where bulk_send_id = :bulk_send_id and state = 1 "
          "and state <> 2 and bulk_number > 0 and lane = 1",
          bulk_send_id)
      .status();
}

absl::Status MessageStore::Unhold(Session& session, std::string_view bulk_send_id) const {
  session.AfterCommit([&signal = signal_] { signal.Raise(); });
  return session
      .Execute(
          "update message set lane = 1 where bulk_send_id = :bulk_send_id and state = 1 "
          "and state <> 2 and bulk_number > 0 and lane = 2",
          bulk_send_id)
      .status();
}

absl::StatusOr<std::vector<Message>> MessageStore::WaitingOfBulk(Session& session,
                                                                 std::string_view bulk_send_id,
                                                                 absl::Time now,
                                                                 int64_t limit) const {
  return table_.List(session,
                     "where bulk_send_id = :bulk_send_id and state = 1 and state <> 2 "
                     "and bulk_number > 0 and lease_until <= :now limit :limit",
                     bulk_send_id, ToMicros(now), limit);
}

absl::StatusOr<int64_t> MessageStore::CancelOfBulk(Session& session, std::string_view bulk_send_id,
                                                   std::string_view reason, absl::Time now) const {
  return session.Execute(
      "update message set state = 5, cancel_reason = :reason, finish_time = :now, "
      "due_time = null, sealed_token = '', lease_until = 0, lease_owner = '' "
      "where bulk_send_id = :bulk_send_id and state = 1 and state <> 2 and bulk_number > 0 "
      "and lease_until <= :now",
      reason, ToMicros(now), bulk_send_id);
}

absl::Status MessageStore::LeaveBulk(Session& session, std::string_view id) const {
  return session.Execute("update message set bulk_number = 0 where id = :id", id).status();
}

absl::StatusOr<std::vector<std::string>> MessageStore::Addresses(
    Session& session, std::string_view contact_id) const {
  ASSIGN_OR_RETURN(const auto rows,
                   session.Select<std::string>("select distinct recipient from message "
                                               "where contact_id = :contact_id",
                                               contact_id));
  std::vector<std::string> addresses;
  for (const auto& [recipient] : rows) addresses.push_back(recipient);
  return addresses;
}

absl::Status MessageStore::Erase(Session& session, std::string_view contact_id) const {
  RETURN_IF_ERROR(session
                      .Execute("update delivery_attempt set reply = '' where message_id in "
                               "(select id from message where contact_id = :contact_id)",
                               contact_id)
                      .status());
  return session
      .Execute(
          "update message set recipient = '', subject = '', placeholder_values = '', "
          "sealed_token = '' where contact_id = :contact_id",
          contact_id)
      .status();
}

absl::Status MessageStore::SaveProgress(Session& session, const Message& message) const {
  const bool waits = message.state() == portico::invitation::v1::MESSAGE_STATE_WAITING;
  return session
      .Execute(
          "update message set state = :state, due_time = :due_time, "
          "finish_time = :finish_time, cancel_reason = :cancel_reason, "
          "attempt_count = :attempt_count, "
          "lease_until = 0, lease_owner = '', "
          "sealed_token = case when :waits = 1 then sealed_token else '' end where id = :id",
          message.state(), Stored(message.has_due_time(), message.due_time()),
          Stored(message.has_finish_time(), message.finish_time()), message.cancel_reason(),
          message.attempt_count(), waits, message.id())
      .status();
}

absl::Status MessageStore::AddAttempt(Session& session, const Message& message,
                                      const DeliveryAttempt& attempt) const {
  return session
      .Execute(
          "insert into delivery_attempt (message_id, number, time, outcome, reply_code, "
          "enhanced_status, reply) values (:message_id, :number, :time, :outcome, "
          ":reply_code, :enhanced_status, :reply)",
          message.id(), message.attempt_count(), Stored(true, attempt.time()), attempt.outcome(),
          attempt.reply_code(), attempt.enhanced_status(), attempt.reply())
      .status();
}

absl::Status MessageStore::SaveAttemptCount(Session& session, const Message& message) const {
  return session
      .Execute("update message set attempt_count = :attempt_count where id = :id",
               message.attempt_count(), message.id())
      .status();
}

absl::StatusOr<std::vector<DeliveryAttempt>> MessageStore::Attempts(
    Session& session, std::string_view message_id) const {
  return attempts_.List(session, "where message_id = :message_id order by number", message_id);
}

absl::StatusOr<std::vector<DeliveryAttempt>> MessageStore::AttemptsOfInvitation(
    Session& session, std::string_view invitation_id) const {
  return attempts_.List(session,
                        "join message on message.id = delivery_attempt.message_id "
                        "where message.invitation_id = :invitation_id "
                        "order by delivery_attempt.time, message.id, delivery_attempt.number",
                        invitation_id);
}

absl::StatusOr<ListMessagesResponse> MessageStore::List(Session& session,
                                                        const ListMessagesRequest& request) const {
  storage::PageQuery query("messages", storage::PageQuery::Order::kByIdFalling);
  // SQLite must not look for those of a contact among all in a state: +state is in no index.
  const bool of_one = !request.contact_id().empty();
  query.Where("contact_id = :contact_id", request.contact_id())
      .Where(of_one ? "+state = :state" : "state = :state", static_cast<int64_t>(request.state()));
  ASSIGN_OR_RETURN(auto page,
                   query.Read(session, table_, request.page_size(), request.page_token()));
  ListMessagesResponse response;
  for (Message& message : page.rows) *response.add_messages() = std::move(message);
  response.set_next_page_token(page.next_page_token);
  return response;
}

}  // namespace portico::invitation

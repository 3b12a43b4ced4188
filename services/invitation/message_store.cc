#include "services/invitation/message_store.h"

#include <absl/strings/str_cat.h>

#include <array>
#include <tuple>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/storage/id_list.h"
#include "libs/storage/page_query.h"

namespace portico::invitation {

using portico::invitation::v1::ListMessagesRequest;
using portico::invitation::v1::ListMessagesResponse;
using storage::Session;

MessageStore::MessageStore(CommitSignal& signal)
    : signal_(signal),
      attempts_("delivery_attempt", {"time", "outcome", "reply_code", "enhanced_status", "reply"}) {
}

absl::Status MessageStore::Insert(Session& session, const OutgoingMail& mail) const {
  return InsertAll(session, {&mail, 1});
}

absl::Status MessageStore::InsertAll(Session& session, std::span<const OutgoingMail> mails,
                                     const std::optional<MailLease>& lease) const {
  if (!lease.has_value()) session.AfterCommit([&signal = signal_] { signal.Raise(); });
  return table_.InsertAll(session, mails,
                          lease.value_or(MailLease{.owner = "", .until = absl::UnixEpoch()}));
}

absl::StatusOr<std::optional<Message>> MessageStore::Find(Session& session,
                                                          std::string_view id) const {
  return table_.messages().FindBy(session, "where id = :id", id);
}

absl::StatusOr<std::optional<Message>> MessageStore::Lock(Session& session,
                                                          std::string_view id) const {
  return table_.messages().FindBy(session, absl::StrCat("where id = :id", session.for_update()),
                                  id);
}

absl::StatusOr<std::set<std::string>> MessageStore::WithWaiting(
    Session& session, const std::vector<std::string>& invitation_ids) const {
  return storage::SelectAmong(session, "select invitation_id from message", "invitation_id",
                              invitation_ids, "state = 1");
}

absl::StatusOr<std::optional<OutgoingMail>> MessageStore::FindWaiting(
    Session& session, std::string_view invitation_id) const {
  ASSIGN_OR_RETURN(std::vector<OutgoingMail> mails,
                   table_.List(session, "where invitation_id = :invitation_id and state = 1",
                             std::array{storage::ToValue(invitation_id)}));
  if (mails.empty()) return std::nullopt;
  return std::move(mails.front());
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

absl::Status MessageStore::End(Session& session, std::string_view id,
                               portico::invitation::v1::MessageState state, absl::Time now) const {
  return session
      .Execute(
          "update message set state = :state, due_time = null, finish_time = :now, "
          "sealed_token = '', lease_until = 0, lease_owner = '' where id = :id",
          state, ToMicros(now), id)
      .status();
}

absl::StatusOr<std::vector<Message>> MessageStore::WaitingOfBulk(Session& session,
                                                                 std::string_view bulk_send_id,
                                                                 absl::Time now,
                                                                 int64_t limit) const {
  return table_.messages().List(session,
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

absl::Status MessageStore::CancelAll(Session& session, const std::vector<std::string>& ids,
                                     std::string_view reason, absl::Time now) const {
  return session
      .Execute(absl::StrCat("update message set state = 5, cancel_reason = :reason, "
                            "finish_time = :now, due_time = null, sealed_token = '', "
                            "lease_until = 0, lease_owner = '' where ",
                            session.IsAmong("id", ":ids"), " and state = 1"),
               reason, ToMicros(now), storage::ListOf(ids))
      .status();
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

absl::StatusOr<bool> MessageStore::IsLatest(Session& session, const Message& message) const {
  ASSIGN_OR_RETURN(const auto later,
                   session.SelectOne<std::string>("select id from message where invitation_id = "
                                                  ":invitation_id and kind = 1 and id > :id limit 1",
                                                  message.invitation_id(), message.id()));
  return !later.has_value();
}

absl::StatusOr<ListMessagesResponse> MessageStore::List(Session& session,
                                                        const ListMessagesRequest& request) const {
  storage::PageQuery query("messages", storage::PageQuery::Order::kByIdFalling);
  // SQLite must not look for those of a contact among all in a state: +state is in no index.
  const bool of_few = !request.contact_id().empty() || !request.invitation_id().empty() ||
                      !request.recipient().empty() || !request.bulk_send_id().empty();
  if (!request.bulk_send_id().empty()) query.Narrow({.sql = "bulk_send_id <> ''"});
  if (!request.recipient().empty()) query.Narrow({.sql = "recipient <> ''"});
  query.Where("contact_id = :contact_id", request.contact_id())
      .Where("invitation_id = :invitation_id", request.invitation_id())
      .Where("bulk_send_id = :bulk_send_id", request.bulk_send_id())
      .Where("lower(recipient) = lower(:recipient)", mail::NormalizeAddress(request.recipient()))
      .Where(of_few ? "+state = :state" : "state = :state", static_cast<int64_t>(request.state()));
  ASSIGN_OR_RETURN(auto page,
                   query.Read(session, table_.messages(), request.page_size(), request.page_token()));
  ListMessagesResponse response;
  for (Message& message : page.rows) *response.add_messages() = std::move(message);
  response.set_next_page_token(page.next_page_token);
  return response;
}

}  // namespace portico::invitation

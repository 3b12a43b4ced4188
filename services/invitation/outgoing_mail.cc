#include "services/invitation/outgoing_mail.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/storage/row_set.h"

namespace portico::invitation {

using storage::Session;

namespace {

int64_t Micros(const google::protobuf::Timestamp& time) {
  return google::protobuf::util::TimeUtil::TimestampToMicroseconds(time);
}

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

std::string MessageIdHeader(std::string_view id, std::string_view sender) {
  const std::string address = mail::WithAsciiDomain(std::string(sender));
  return absl::StrCat(std::string(id), "@", address.substr(address.rfind('@') + 1));
}

bool CarriesLink(const Message& message) {
  return message.kind() == portico::invitation::v1::MESSAGE_KIND_INVITATION ||
         message.kind() == portico::invitation::v1::MESSAGE_KIND_REMINDER;
}

OutgoingMailTable::OutgoingMailTable()
    : messages_("message",
                {"id", "invitation_id", "contact_id", "account_id", "recipient", "sender",
                 "subject", "message_id", "state", "create_time", "due_time", "finish_time",
                 "attempt_count", "cancel_reason", "kind", "bulk_send_id"}) {}

absl::StatusOr<std::vector<OutgoingMail>> OutgoingMailTable::List(
    Session& session, std::string_view rest, std::span<const storage::Value> arguments) const {
  std::vector<OutgoingMail> mails;
  ASSIGN_OR_RETURN(std::vector<Message> messages,
                   messages_.ListWith(session, MailColumns(), rest, arguments,
                                      [&](auto cells) { mails.push_back(LoadMail(cells)); }));
  for (size_t i = 0; i < mails.size(); ++i) mails[i].message = std::move(messages[i]);
  return mails;
}

absl::StatusOr<std::vector<OutgoingMail>> OutgoingMailTable::Change(
    Session& session, std::string_view update, std::span<const storage::Value> arguments) const {
  std::vector<OutgoingMail> mails;
  ASSIGN_OR_RETURN(std::vector<Message> messages,
                   messages_.ChangeWith(session, MailColumns(), update, arguments,
                                        [&](auto cells) { mails.push_back(LoadMail(cells)); }));
  for (size_t i = 0; i < mails.size(); ++i) mails[i].message = std::move(messages[i]);
  return mails;
}

absl::Status OutgoingMailTable::InsertAll(Session& session, std::span<const OutgoingMail> mails,
                                          const MailLease& lease) const {
  const int64_t until = ToMicros(lease.until);
  storage::RowSet rows(
      "message", {"id",          "invitation_id", "contact_id",       "account_id",
                  "recipient",   "sender",        "subject",          "message_id",
                  "state",       "create_time",   "due_time",         "attempt_count",
                  "sender_name", "cancel_reason", "template_id",      "template_version",
                  "portal_url",  "sealed_token",  "placeholder_values", "kind",
                  "lane",        "bulk_send_id",  "bulk_number",      "lease_until",
                  "lease_owner"});
  for (const auto& [message, content, lane, bulk_number] : mails) {
    rows.Add(message.id(), message.invitation_id(), message.contact_id(), message.account_id(),
             message.recipient(), message.sender(), message.subject(), message.message_id(),
             portico::invitation::v1::MESSAGE_STATE_WAITING, Micros(message.create_time()),
             Micros(message.due_time()), 0, content.sender_name, "", content.template_id,
             content.template_version, content.portal_url, content.sealed_token,
             ToJson(content.values), message.kind(), lane, message.bulk_send_id(), bulk_number,
             until, lease.owner);
  }
  return session.InsertRows(rows);
}

}  // namespace portico::invitation

#include "services/invitation/recipient_store.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <map>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/storage/id_list.h"
#include "libs/storage/row_set.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using portico::contact::v1::Contact;
using storage::Session;

namespace {

absl::StatusOr<std::vector<Recipient>> Select(Session& session, const std::string& where,
                                              std::span<const storage::Value> arguments) {
  using storage::ValueKind;
  static constexpr ValueKind kColumns[] = {
      ValueKind::kText, ValueKind::kText,    ValueKind::kText,   ValueKind::kText,
      ValueKind::kText, ValueKind::kInteger, ValueKind::kText,   ValueKind::kText,
      ValueKind::kText, ValueKind::kInteger, ValueKind::kInteger,
      ValueKind::kInteger, ValueKind::kInteger};
  std::vector<Recipient> found;
  RETURN_IF_ERROR(session.SelectCells(
      absl::StrCat("select contact_id, account_id, site_id, name, email, access_enabled, "
                   "account_name, portal_user_id, acceptance_id, update_time, fetched, "
                   "is_billing_contact, is_gone from recipient ",
                   where),
      arguments, kColumns, [&](std::span<const storage::Cell> cells) {
        found.push_back({.contact_id = cells[0].text,
                         .account_id = cells[1].text,
                         .site_id = cells[2].text,
                         .name = cells[3].text,
                         .email = cells[4].text,
                         .access_enabled = cells[5].integer != 0,
                         .account_name = cells[6].text,
                         .portal_user_id = cells[7].text,
                         .acceptance_id = cells[8].text,
                         .update_time = cells[9].integer,
                         .fetched = cells[10].integer != 0,
                         .is_billing_contact = cells[11].integer != 0,
                         .is_gone = cells[12].integer != 0});
        return absl::OkStatus();
      }));
  return found;
}

// What is known once `contact` is, when that was `known` before, if anything.
Recipient Know(const std::optional<Recipient>& known, const Contact& contact, Source source,
               std::string_view account_name) {
  Recipient recipient = known.value_or(Recipient{.contact_id = contact.id()});
  const int64_t update_time = TimeUtil::TimestampToMicroseconds(contact.update_time());
  bool is_news = true;
  if (known.has_value()) {
    is_news = source == Source::kFetched ? update_time > known->update_time
                                         : update_time >= known->update_time;
  }
  if (is_news) {
    recipient.account_id = contact.account_id();
    recipient.site_id = contact.site_id();
    recipient.name = contact.name().display();
    recipient.email = mail::NormalizeAddress(contact.email());
    recipient.access_enabled =
        (!contact.has_portal_access_enabled() || contact.portal_access_enabled()) &&
        !contact.has_unlink_time();
    recipient.is_billing_contact =
        contact.billing_contact() == portico::contact::v1::BILLING_CONTACT_PRIMARY ||
        contact.billing_contact() == portico::contact::v1::BILLING_CONTACT_SECONDARY;
    recipient.is_gone = contact.has_unlink_time() || contact.has_erase_time() ||
                        !contact.merged_into_id().empty();
    recipient.update_time = update_time;
    recipient.fetched = source == Source::kFetched;
  }
  if (!account_name.empty()) recipient.account_name = account_name;
  return recipient;
}

}  // namespace

absl::StatusOr<std::optional<Recipient>> RecipientStore::Find(Session& session,
                                                              std::string_view contact_id) const {
  const storage::Value id = storage::ToValue(contact_id);
  ASSIGN_OR_RETURN(std::vector<Recipient> found,
                   Select(session, "where contact_id = :contact_id", {&id, 1}));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

absl::StatusOr<std::optional<Recipient>> RecipientStore::FindWinner(
    Session& session, std::string_view contact_id) const {
  const storage::Value id = storage::ToValue(contact_id);
  ASSIGN_OR_RETURN(std::vector<Recipient> found,
                   Select(session,
                          "where contact_id = (select merged_into_id from recipient as merged "
                          "where merged.contact_id = :contact_id)",
                          {&id, 1}));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

absl::StatusOr<std::map<std::string, Recipient>> RecipientStore::FindAll(
    Session& session, const std::vector<std::string>& contact_ids) const {
  const std::string list = storage::ListOf(contact_ids);
  const storage::Value argument = storage::ToValue(list);
  ASSIGN_OR_RETURN(std::vector<Recipient> found,
                   Select(session, absl::StrCat("where ", session.IsAmong("contact_id", ":ids")),
                          {&argument, 1}));
  std::map<std::string, Recipient> by_id;
  for (Recipient& one : found) by_id.emplace(one.contact_id, std::move(one));
  return by_id;
}

absl::StatusOr<Recipient> RecipientStore::Learn(Session& session, const Contact& contact,
                                                Source source,
                                                std::string_view account_name) const {
  ASSIGN_OR_RETURN(const std::optional<Recipient> known, Find(session, contact.id()));
  Recipient recipient = Know(known, contact, source, account_name);
  RETURN_IF_ERROR(Save(session, {{&recipient}}));
  return recipient;
}

absl::StatusOr<std::vector<Recipient>> RecipientStore::LearnAll(Session& session,
                                                                std::span<const News> news) const {
  std::vector<std::string> ids;
  for (const News& item : news) ids.push_back(item.contact->id());
  ASSIGN_OR_RETURN(auto known, FindAll(session, ids));
  std::vector<Recipient> after;
  std::map<std::string_view, const Recipient*> latest;
  after.reserve(news.size());  // `latest` points into it.
  for (const auto& [contact, account_name] : news) {
    const auto before = known.find(contact->id());
    const Recipient& recipient = after.emplace_back(
        Know(before == known.end() ? std::nullopt : std::optional(before->second), *contact,
             Source::kEvent, account_name));
    known.insert_or_assign(recipient.contact_id, recipient);
    latest.insert_or_assign(recipient.contact_id, &recipient);
  }
  std::vector<const Recipient*> rows;
  for (const auto& [id, recipient] : latest) rows.push_back(recipient);
  RETURN_IF_ERROR(Save(session, rows));
  return after;
}

absl::StatusOr<Recipient> RecipientStore::SetPortalUser(
    Session& session, const portico::registration::v1::Membership& membership,
    std::string_view portal_user_id) const {
  ASSIGN_OR_RETURN(const std::optional<Recipient> known, Find(session, membership.contact_id()));
  Recipient recipient = known.value_or(Recipient{.contact_id = membership.contact_id(),
                                                 .account_id = membership.account_id(),
                                                 .account_name = membership.account_name()});
  recipient.portal_user_id = portal_user_id;
  RETURN_IF_ERROR(Save(session, {{&recipient}}));
  RETURN_IF_ERROR(PassPortalUserOn(session, recipient.contact_id));
  return recipient;
}

absl::Status RecipientStore::Merge(Session& session, std::string_view loser_id,
                                   std::string_view winner_id) const {
  RETURN_IF_ERROR(
      session
          .Execute("update recipient set merged_into_id = :winner, is_gone = 1 "
                   "where contact_id = :loser or (merged_into_id <> '' and merged_into_id = :loser)",
                   winner_id, loser_id)
          .status());
  RETURN_IF_ERROR(stale_.Add(session, std::vector<std::string>{std::string(loser_id),
                                                               std::string(winner_id)}));
  return PassPortalUserOn(session, loser_id);
}

// The person is a portal user, by whichever of the contacts that were merged.
absl::Status RecipientStore::PassPortalUserOn(Session& session,
                                              std::string_view contact_id) const {
  ASSIGN_OR_RETURN(const std::optional<Recipient> winner, FindWinner(session, contact_id));
  if (!winner.has_value()) return absl::OkStatus();
  RETURN_IF_ERROR(stale_.Add(session, {{winner->contact_id}}));
  return session
      .Execute(
          "update recipient set portal_user_id = "
          "(select portal_user_id from recipient as merged where merged.contact_id = :contact_id) "
          "where portal_user_id = '' and contact_id = "
          "(select merged_into_id from recipient as merged where merged.contact_id = :contact_id "
          "and merged.merged_into_id <> '')",
          contact_id)
      .status();
}

absl::Status RecipientStore::Erase(Session& session, std::string_view contact_id) const {
  return session
      .Execute(
          "update recipient set name = '', email = '', email_key = '', is_gone = 1 "
          "where contact_id = :contact_id",
          contact_id)
      .status();
}

absl::Status RecipientStore::SetAcceptance(Session& session, std::string_view contact_id,
                                           std::string_view acceptance_id) const {
  RETURN_IF_ERROR(stale_.Add(session, std::vector<std::string>{std::string(contact_id)}));
  return session
      .Execute("update recipient set acceptance_id = :acceptance_id where contact_id = :contact_id",
               acceptance_id, contact_id)
      .status();
}

absl::Status RecipientStore::Save(Session& session,
                                  std::span<const Recipient* const> recipients) const {
  storage::RowSet rows(
      "recipient", {"contact_id", "account_id", "site_id", "name", "email", "access_enabled",
                    "account_name", "portal_user_id", "acceptance_id", "update_time", "fetched",
                    "is_billing_contact", "is_gone", "email_key"});
  std::vector<std::string> ids;
  for (const Recipient* recipient : recipients) {
    rows.Add(recipient->contact_id, recipient->account_id, recipient->site_id, recipient->name,
             recipient->email, recipient->access_enabled, recipient->account_name,
             recipient->portal_user_id, recipient->acceptance_id, recipient->update_time,
             recipient->fetched, recipient->is_billing_contact, recipient->is_gone,
             mail::AddressKey(recipient->email));
    ids.push_back(recipient->contact_id);
  }
  RETURN_IF_ERROR(stale_.Add(session, ids));
  return session.InsertRows(
      rows,
      "on conflict (contact_id) do update set account_id = excluded.account_id, "
      "site_id = excluded.site_id, name = excluded.name, email = excluded.email, "
      "access_enabled = excluded.access_enabled, account_name = excluded.account_name, "
      "portal_user_id = excluded.portal_user_id, acceptance_id = excluded.acceptance_id, "
      "update_time = excluded.update_time, fetched = excluded.fetched, "
      "is_billing_contact = excluded.is_billing_contact, is_gone = excluded.is_gone, "
      "email_key = excluded.email_key");
}

}  // namespace portico::invitation

#include "services/invitation/recipient_store.h"

#include <google/protobuf/util/time_util.h>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using portico::contact::v1::Contact;
using storage::Session;

absl::StatusOr<std::optional<Recipient>> RecipientStore::Find(Session& session,
                                                              std::string_view contact_id) const {
  ASSIGN_OR_RETURN(
      const auto row,
      (session.SelectOne<std::string, std::string, std::string, std::string, bool, std::string,
                         std::string, std::string, int64_t, bool>(
          "select account_id, site_id, name, email, access_enabled, account_name, portal_user_id, "
          "acceptance_id, update_time, fetched from recipient where contact_id = :contact_id",
          contact_id)));
  if (!row.has_value()) return std::nullopt;
  const auto& [account_id, site_id, name, email, access_enabled, account_name, portal_user_id,
               acceptance_id, update_time, fetched] = *row;
  return Recipient{.contact_id = std::string(contact_id),
                   .account_id = account_id,
                   .site_id = site_id,
                   .name = name,
                   .email = email,
                   .access_enabled = access_enabled,
                   .account_name = account_name,
                   .portal_user_id = portal_user_id,
                   .acceptance_id = acceptance_id,
                   .update_time = update_time,
                   .fetched = fetched};
}

absl::StatusOr<Recipient> RecipientStore::Learn(Session& session, const Contact& contact,
                                                Source source,
                                                std::string_view account_name) const {
  ASSIGN_OR_RETURN(const std::optional<Recipient> known, Find(session, contact.id()));
  Recipient recipient = known.value_or(Recipient{.contact_id = contact.id()});
  const int64_t update_time = TimeUtil::TimestampToMicroseconds(contact.update_time());
  bool is_news = true;
  if (known.has_value()) {
    is_news = source == Source::kFetched ? update_time > known->update_time
                                         : !known->fetched || update_time >= known->update_time;
  }
  if (is_news) {
    recipient.account_id = contact.account_id();
    recipient.site_id = contact.site_id();
    recipient.name = contact.name().display();
    recipient.email = mail::NormalizeAddress(contact.email());
    recipient.access_enabled =
        !contact.has_portal_access_enabled() || contact.portal_access_enabled();
    recipient.update_time = update_time;
    recipient.fetched = source == Source::kFetched;
  }
  if (!account_name.empty()) recipient.account_name = account_name;
  RETURN_IF_ERROR(Save(session, recipient));
  return recipient;
}

absl::StatusOr<Recipient> RecipientStore::SetPortalUser(
    Session& session, const portico::registration::v1::Membership& membership,
    std::string_view portal_user_id) const {
  ASSIGN_OR_RETURN(const std::optional<Recipient> known, Find(session, membership.contact_id()));
  Recipient recipient = known.value_or(Recipient{.contact_id = membership.contact_id(),
                                                 .account_id = membership.account_id(),
                                                 .account_name = membership.account_name()});
  recipient.portal_user_id = portal_user_id;
  RETURN_IF_ERROR(Save(session, recipient));
  return recipient;
}

absl::Status RecipientStore::SetAcceptance(Session& session, std::string_view contact_id,
                                           std::string_view acceptance_id) const {
  return session
      .Execute("update recipient set acceptance_id = :acceptance_id where contact_id = :contact_id",
               acceptance_id, contact_id)
      .status();
}

absl::Status RecipientStore::Save(Session& session, const Recipient& recipient) const {
  return session
      .Execute(
          "insert into recipient (contact_id, account_id, site_id, name, email, access_enabled, "
          "account_name, portal_user_id, acceptance_id, update_time, fetched) "
          "values (:contact_id, :account_id, :site_id, :name, :email, :access_enabled, "
          ":account_name, :portal_user_id, :acceptance_id, :update_time, :fetched) "
          "on conflict (contact_id) do update set account_id = excluded.account_id, "
          "site_id = excluded.site_id, name = excluded.name, email = excluded.email, "
          "access_enabled = excluded.access_enabled, account_name = excluded.account_name, "
          "portal_user_id = excluded.portal_user_id, acceptance_id = excluded.acceptance_id, "
          "update_time = excluded.update_time, fetched = excluded.fetched",
          recipient.contact_id, recipient.account_id, recipient.site_id, recipient.name,
          recipient.email, recipient.access_enabled, recipient.account_name,
          recipient.portal_user_id, recipient.acceptance_id, recipient.update_time,
          recipient.fetched)
      .status();
}

}  // namespace portico::invitation

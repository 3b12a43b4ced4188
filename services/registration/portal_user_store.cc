#include "services/registration/portal_user_store.h"

#include <memory>
#include <tuple>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/events/erasure.h"
#include "portico/registration/v1/registration_events.pb.h"
#include "services/registration/user_id.h"

namespace portico::registration {
namespace {

constexpr char kFindById[] =
    "select id, user_id, email, password_hash, must_change_password, case when disabled = 0"
    " and exists (select 1 from visible_membership where portal_user_id = portal_user.id)"
    " then 0 else 1 end from portal_user where id = :id";
constexpr char kFindByUserId[] =
    "select id, user_id, email, password_hash, must_change_password, case when disabled = 0"
    " and exists (select 1 from visible_membership where portal_user_id = portal_user.id)"
    " then 0 else 1 end from portal_user where user_id_key = :user_id_key";

using Row = std::tuple<std::string, std::string, std::string, std::string, bool, bool>;

std::optional<PortalUserRecord> ToRecord(const std::optional<Row>& row) {
  if (!row.has_value()) return std::nullopt;
  PortalUserRecord record;
  const auto& [id, user_id, email, password_hash, must_change_password, disabled] = *row;
  record.user.set_id(id);
  record.user.set_user_id(user_id);
  record.user.set_email(email);
  record.password_hash = password_hash;
  record.must_change_password = must_change_password;
  record.disabled = disabled;
  return record;
}

absl::Status InsertSites(storage::Session& session, std::string_view contact_id,
                         const auto& site_ids) {
  for (const std::string& site_id : site_ids) {
    RETURN_IF_ERROR(session
                        .Execute("insert into membership_site (contact_id, site_id)"
                                 " values (:contact_id, :site_id)",
                                 contact_id, site_id)
                        .status());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<events::State>> ListStates(storage::Session& session,
                                                      const std::string& after, int limit) {
  ASSIGN_OR_RETURN(
      const auto rows,
      (session.Select<std::string, std::string, std::string, bool, std::string, std::string,
                      std::string, std::optional<std::string>>(
          "select membership.contact_id, account_id, account_name, all_sites, portal_user.id,"
          " user_id, email, site_id from (select * from membership"
          " where contact_id > :after order by contact_id limit :limit) as membership"
          " join portal_user on portal_user.id = portal_user_id"
          " left join membership_site on membership_site.contact_id = membership.contact_id"
          " order by membership.contact_id, site_id",
          after, limit)));
  std::vector<events::State> states;
  v1::MembershipCreated* event = nullptr;
  for (const auto& [contact_id, account_id, account_name, all_sites, id, user_id, email, site_id] :
       rows) {
    if (states.empty() || states.back().key != contact_id) {
      auto fresh = std::make_unique<v1::MembershipCreated>();
      event = fresh.get();
      states.push_back(
          {.key = contact_id, .payload = std::move(fresh), .subject = id, .partition = account_id});
    }
    event->mutable_portal_user()->set_id(id);
    event->mutable_portal_user()->set_user_id(user_id);
    event->mutable_portal_user()->set_email(email);
    v1::Membership& membership = *event->mutable_membership();
    membership.set_contact_id(contact_id);
    membership.set_account_id(account_id);
    membership.set_account_name(account_name);
    membership.set_all_sites(all_sites);
    if (site_id.has_value()) membership.add_site_ids(*site_id);
  }
  return states;
}

}  // namespace

absl::Status PortalUserStore::Insert(storage::Session& session, const PortalUserRecord& record,
                                     absl::Time now) const {
  return session
      .Execute(
          "insert into portal_user (id, user_id, user_id_key, email, password_hash,"
          " must_change_password, disabled, create_time)"
          " values (:id, :user_id, :user_id_key, :email, :password_hash,"
          " :must_change_password, :disabled, :create_time)",
          record.user.id(), record.user.user_id(), UserIdKey(record.user.user_id()),
          record.user.email(), record.password_hash, record.must_change_password, record.disabled,
          ToMicros(now))
      .status();
}

absl::StatusOr<std::optional<PortalUserRecord>> PortalUserStore::Find(storage::Session& session,
                                                                      std::string_view id) const {
  ASSIGN_OR_RETURN(
      const auto row,
      (session.SelectOne<std::string, std::string, std::string, std::string, bool, bool>(kFindById,
                                                                                         id)));
  return ToRecord(row);
}

absl::StatusOr<std::optional<PortalUserRecord>> PortalUserStore::FindByUserId(
    storage::Session& session, std::string_view user_id) const {
  ASSIGN_OR_RETURN(
      const auto row,
      (session.SelectOne<std::string, std::string, std::string, std::string, bool, bool>(
          kFindByUserId, UserIdKey(user_id))));
  return ToRecord(row);
}

absl::StatusOr<bool> PortalUserStore::HasMembership(storage::Session& session,
                                                    std::string_view contact_id) const {
  ASSIGN_OR_RETURN(const auto row,
                   session.SelectOne<int64_t>(
                       "select 1 from membership where contact_id = :contact_id", contact_id));
  return row.has_value();
}

absl::Status PortalUserStore::InsertMembership(storage::Session& session,
                                               std::string_view portal_user_id,
                                               const v1::Membership& membership) const {
  RETURN_IF_ERROR(session
                      .Execute("insert into membership"
                               " (contact_id, portal_user_id, account_id, account_name, all_sites)"
                               " values (:contact_id, :portal_user_id, :account_id, :account_name,"
                               " :all_sites)",
                               membership.contact_id(), portal_user_id, membership.account_id(),
                               membership.account_name(), membership.all_sites())
                      .status());
  return InsertSites(session, membership.contact_id(), membership.site_ids());
}

absl::StatusOr<std::vector<v1::Membership>> PortalUserStore::ListMemberships(
    storage::Session& session, std::string_view portal_user_id) const {
  ASSIGN_OR_RETURN(
      const auto rows,
      (session.Select<std::string, std::string, std::string, bool, std::optional<std::string>>(
          "select distinct coalesce(alias.stands_for, visible_membership.contact_id) as shown_id,"
          " account_id, account_name, all_sites, site_id"
          " from visible_membership left join alias on alias.id = visible_membership.contact_id"
          " left join membership_site"
          " on membership_site.contact_id = visible_membership.contact_id"
          " where portal_user_id = :portal_user_id order by shown_id, site_id",
          portal_user_id)));
  std::vector<v1::Membership> memberships;
  for (const auto& [contact_id, account_id, account_name, all_sites, site_id] : rows) {
    if (memberships.empty() || memberships.back().contact_id() != contact_id) {
      v1::Membership& membership = memberships.emplace_back();
      membership.set_contact_id(contact_id);
      membership.set_account_id(account_id);
      membership.set_account_name(account_name);
      membership.set_all_sites(all_sites);
    }
    if (site_id.has_value()) memberships.back().add_site_ids(*site_id);
  }
  return memberships;
}

absl::StatusOr<std::vector<PortalUserStore::ContactsOfAccount>> PortalUserStore::ListContacts(
    storage::Session& session, std::string_view user_id) const {
  ASSIGN_OR_RETURN(const auto rows,
                   (session.Select<std::string, std::string, std::string>(
                       "select distinct portal_user.id, account_id,"
                       " coalesce(alias.stands_for, contact_id) as shown_id"
                       " from portal_user join membership on portal_user_id = portal_user.id"
                       " left join alias on alias.id = contact_id"
                       " where user_id_key = :user_id_key order by account_id, shown_id",
                       UserIdKey(user_id))));
  std::vector<ContactsOfAccount> all;
  for (const auto& [portal_user_id, account_id, contact_id] : rows) {
    if (all.empty() || all.back().account_id != account_id) {
      all.push_back({.portal_user_id = portal_user_id, .account_id = account_id});
    }
    all.back().contact_ids.push_back(contact_id);
  }
  return all;
}

events::SnapshotKind PortalUserStore::Snapshot() const {
  return {v1::MembershipCreated::descriptor()->full_name(), ListStates};
}

absl::Status PortalUserStore::RenameAccount(storage::Session& session, std::string_view account_id,
                                            std::string_view account_name) const {
  return session
      .Execute("update membership set account_name = :account_name where account_id = :account_id",
               account_name, account_id)
      .status();
}

absl::Status PortalUserStore::MoveAccount(storage::Session& session, std::string_view from_id,
                                          std::string_view to_id) const {
  return session
      .Execute("update membership set account_id = :to_id where account_id = :from_id", to_id,
               from_id)
      .status();
}

absl::Status PortalUserStore::SetSites(storage::Session& session, std::string_view contact_id,
                                       const std::vector<std::string>& site_ids) const {
  ASSIGN_OR_RETURN(
      const int64_t changed,
      session.Execute("update membership set all_sites = :all_sites where contact_id = :contact_id",
                      site_ids.empty(), contact_id));
  if (changed == 0) return absl::OkStatus();
  RETURN_IF_ERROR(
      session.Execute("delete from membership_site where contact_id = :contact_id", contact_id)
          .status());
  return InsertSites(session, contact_id, site_ids);
}

absl::Status PortalUserStore::EraseOf(storage::Session& session,
                                      std::string_view contact_id) const {
  ASSIGN_OR_RETURN(
      const auto row,
      session.SelectOne<std::string>(
          "select portal_user_id from membership where contact_id = :contact_id and not exists"
          " (select 1 from membership as other left join contact_access"
          " on contact_access.contact_id = other.contact_id"
          " where other.portal_user_id = membership.portal_user_id"
          " and coalesce(contact_access.erased, 0) = 0)",
          contact_id));
  if (!row.has_value()) return absl::OkStatus();
  const auto& [id] = *row;
  // User IDs are unique, and its random id is nobody else's.
  RETURN_IF_ERROR(session
                      .Execute("update portal_user set user_id = :id, user_id_key = :id,"
                               " email = '', password_hash = '', disabled = 1 where id = :id",
                               id)
                      .status());
  RETURN_IF_ERROR(session
                      .Execute("update acceptance set user_id = :id, user_id_key = :id"
                               " where portal_user_id = :id",
                               id)
                      .status());
  return events::Erasure::Request(session, id);
}

}  // namespace portico::registration

#include "services/registration/acceptance_store.h"

#include <tuple>

#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "portico/registration/v1/registration_events.pb.h"
#include "services/registration/refusals.h"
#include "services/registration/user_id.h"

namespace portico::registration {
namespace {

// The request that made an acceptance has this long before the sweep looks after it.
constexpr absl::Duration kGrace = absl::Minutes(1);

using Row = std::tuple<std::string, std::string, std::string, std::string, std::string,
                       std::optional<std::string>>;

Acceptance ToAcceptance(const Row& row) {
  const auto& [id, invitation_id, token_hash, password_hash, user_id, portal_user_id] = row;
  return {.id = id,
          .invitation_id = invitation_id,
          .token_hash = token_hash,
          .password_hash = password_hash,
          .user_id = user_id,
          .portal_user_id = portal_user_id};
}

absl::StatusOr<std::optional<Acceptance>> FindAcceptance(storage::Session& session,
                                                         std::string_view id) {
  ASSIGN_OR_RETURN(
      const auto row,
      (session.SelectOne<std::string, std::string, std::string, std::string, std::string,
                         std::optional<std::string>>(
          "select id, invitation_id, token_hash, password_hash, user_id, portal_user_id"
          " from acceptance where id = :id",
          id)));
  if (!row.has_value()) return std::nullopt;
  return ToAcceptance(*row);
}

v1::Membership MembershipOf(const invitation::v1::Invitee& invitee,
                            const std::vector<std::string>& site_ids) {
  v1::Membership membership;
  membership.set_contact_id(invitee.contact_id());
  membership.set_account_id(invitee.account_id());
  membership.set_account_name(invitee.account_name());
  membership.set_all_sites(site_ids.empty());
  membership.mutable_site_ids()->Assign(site_ids.begin(), site_ids.end());
  return membership;
}

}  // namespace

absl::StatusOr<std::optional<Acceptance>> AcceptanceStore::Find(std::string_view id) {
  return database_.Read([&](storage::Session& session) { return FindAcceptance(session, id); });
}

absl::Status AcceptanceStore::CheckAccess(std::string_view contact_id) {
  ASSIGN_OR_RETURN(const auto access, database_.ReadOne([&](storage::Session& session) {
    return contact_access_.Find(session, contact_id);
  }));
  return access.has_value() && !access->enabled ? AccessOff() : absl::OkStatus();
}

absl::StatusOr<bool> AcceptanceStore::IsUserIdTaken(std::string_view user_id, std::string_view id) {
  ASSIGN_OR_RETURN(const auto row, database_.ReadOne([&](storage::Session& session) {
    return session.SelectOne<int64_t>(
        "select 1 from acceptance where user_id_key = :user_id_key and id <> :id",
        UserIdKey(user_id), id);
  }));
  return row.has_value();
}

absl::StatusOr<bool> AcceptanceStore::Reserve(const Acceptance& acceptance) {
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(const int64_t stored, database_.Write([&](storage::Session& session) {
    return session.Execute(
        "insert into acceptance (id, invitation_id, token_hash, password_hash, user_id,"
        " user_id_key, create_time, due_time)"
        " values (:id, :invitation_id, :token_hash, :password_hash, :user_id, :user_id_key, :now,"
        " :due_time)"
        " on conflict (id) do update set password_hash = excluded.password_hash,"
        " user_id = excluded.user_id, user_id_key = excluded.user_id_key,"
        " due_time = excluded.due_time"
        " where acceptance.portal_user_id is null",
        acceptance.id, acceptance.invitation_id, acceptance.token_hash, acceptance.password_hash,
        acceptance.user_id, UserIdKey(acceptance.user_id), ToMicros(now), ToMicros(now + kGrace));
  }));
  return stored > 0;
}

absl::StatusOr<Completion> AcceptanceStore::Complete(const Acceptance& acceptance,
                                                     const invitation::v1::Invitee& invitee,
                                                     const NewSession* new_session) {
  struct Outcome {
    Refusal refusal;
    Completion completion;
  };
  ASSIGN_OR_RETURN(
      Outcome outcome, database_.Write([&](storage::Session& session) -> absl::StatusOr<Outcome> {
        ASSIGN_OR_RETURN(Refusal refusal, MakePortalUser(session, acceptance, invitee));
        if (!refusal.why.ok()) return Outcome{.refusal = std::move(refusal), .completion = {}};
        ASSIGN_OR_RETURN(const auto complete, FindAcceptance(session, acceptance.id));
        if (!complete.has_value()) {
          return Outcome{.refusal = {AlreadyAccepted()}, .completion = {}};
        }
        ASSIGN_OR_RETURN(auto user, portal_users_.Find(session, *complete->portal_user_id));
        if (!user.has_value()) return absl::InternalError("an acceptance lost its portal user");
        Completion done{.user = *std::move(user)};
        if (new_session != nullptr && !done.user.disabled &&
            done.user.password_hash == acceptance.password_hash) {
          RETURN_IF_ERROR(sessions_.Insert(session, done.user.user.id(), *new_session));
          done.signed_in = true;
        }
        return Outcome{.refusal = {}, .completion = std::move(done)};
      }));
  RETURN_IF_ERROR(outcome.refusal.why);
  return std::move(outcome.completion);
}

absl::StatusOr<AcceptanceStore::Refusal> AcceptanceStore::MakePortalUser(
    storage::Session& session, const Acceptance& acceptance,
    const invitation::v1::Invitee& invitee) {
  const absl::Time now = clock_.Now();
  PortalUserRecord record;
  record.user.set_id(NewId(IdKind::kPortalUser, now));
  record.user.set_email(invitee.email());
  // First of all, so that of two calls at once only one goes on.
  ASSIGN_OR_RETURN(const int64_t taken,
                   session.Execute("update acceptance set portal_user_id = :portal_user_id"
                                   " where id = :id and portal_user_id is null",
                                   record.user.id(), acceptance.id));
  if (taken == 0) return Refusal{};
  ASSIGN_OR_RETURN(const bool has_user, portal_users_.HasMembership(session, invitee.contact_id()));
  ASSIGN_OR_RETURN(const auto access, contact_access_.Find(session, invitee.contact_id()));
  if (has_user || (access.has_value() && !access->enabled)) {
    RETURN_IF_ERROR(
        session.Execute("delete from acceptance where id = :id", acceptance.id).status());
    return Refusal{has_user ? AlreadyAccepted() : AccessOff()};
  }
  // What counts is what the row says now; `acceptance` may be from before a retry.
  ASSIGN_OR_RETURN(const auto current, FindAcceptance(session, acceptance.id));
  record.user.set_user_id(current->user_id);
  record.password_hash = current->password_hash;
  RETURN_IF_ERROR(portal_users_.Insert(session, record, now));
  RETURN_IF_ERROR(
      session
          .Execute("update acceptance set token_hash = '', password_hash = '' where id = :id",
                   acceptance.id)
          .status());

  v1::MembershipCreated created;
  *created.mutable_portal_user() = record.user;
  std::vector<std::string> site_ids;
  if (access.has_value()) {
    site_ids = access->site_ids;
  } else if (!invitee.site_id().empty()) {
    site_ids.push_back(invitee.site_id());
  }
  *created.mutable_membership() = MembershipOf(invitee, site_ids);
  ASSIGN_OR_RETURN(*created.mutable_membership()->mutable_account_id(),
                   contact_access_.Resolve(session, invitee.account_id()));
  created.set_invitation_id(invitee.invitation_id());
  RETURN_IF_ERROR(portal_users_.InsertMembership(session, record.user.id(), created.membership()));
  RETURN_IF_ERROR(events_.Append(session, created, record.user.id(),
                                 created.membership().account_id()));
  return Refusal{};
}

absl::Status AcceptanceStore::Drop(std::string_view id) {
  return database_.Write([&](storage::Session& session) {
    return session.Execute("delete from acceptance where id = :id and portal_user_id is null", id)
        .status();
  });
}

absl::StatusOr<std::vector<Acceptance>> AcceptanceStore::ListDue(int limit) {
  const absl::Time now = clock_.Now();
  // None is put off for longer than this, unless the clock was set back since. One that is
  // put off while this reads may be a little later.
  const absl::Time latest = now + kGrace + absl::Minutes(1);
  ASSIGN_OR_RETURN(const auto rows, database_.Read([&](storage::Session& session) {
    return session.Select<std::string, std::string, std::string, std::string, std::string,
                          std::optional<std::string>>(
        "select id, invitation_id, token_hash, password_hash, user_id, portal_user_id"
        " from acceptance where portal_user_id is null"
        " and (due_time <= :now or due_time > :latest) order by due_time limit :limit",
        ToMicros(now), ToMicros(latest), limit);
  }));
  std::vector<Acceptance> due;
  for (const Row& row : rows) due.push_back(ToAcceptance(row));
  return due;
}

absl::Status AcceptanceStore::Postpone(std::string_view id) {
  const int64_t due_time = ToMicros(clock_.Now() + kGrace);
  return database_.Write([&](storage::Session& session) {
    return session
        .Execute(
            "update acceptance set due_time = :due_time"
            " where id = :id and portal_user_id is null",
            due_time, id)
        .status();
  });
}

}  // namespace portico::registration

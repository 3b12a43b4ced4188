#include "services/registration/session_store.h"

#include <google/protobuf/util/time_util.h>

#include <optional>
#include <tuple>

#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"

namespace portico::registration {

using google::protobuf::util::TimeUtil;

namespace {

// A write for every call would cost more than it tells.
constexpr absl::Duration kUseGranularity = absl::Minutes(1);

}  // namespace

NewSession SessionStore::Make() const {
  return {.id = NewId(IdKind::kSession, clock_.Now()),
          .token = auth::NewOpaqueToken(),
          .max_age = lifetimes_.absolute};
}

absl::Status SessionStore::Insert(storage::Session& transaction, std::string_view portal_user_id,
                                  const NewSession& session) {
  const absl::Time now = clock_.Now();
  return transaction
      .Execute(
          "insert into portal_session"
          " (id, portal_user_id, token_hash, create_time, last_use_time, expire_time)"
          " values (:id, :portal_user_id, :token_hash, :now, :now, :expire_time)",
          session.id, portal_user_id, session.token.hash, ToMicros(now),
          ToMicros(now + lifetimes_.absolute))
      .status();
}

absl::StatusOr<auth::Caller> SessionStore::Authenticate(const Secret& token) {
  const absl::Time now = clock_.Now();
  const std::string token_hash = auth::HashOpaqueToken(token.Reveal());
  ASSIGN_OR_RETURN(const auto found, database_.ReadOne([&](storage::Session& session) {
    return session.SelectOne<std::string, std::string, int64_t>(
        "select portal_session.id, portal_user_id, last_use_time"
        " from portal_session join portal_user on portal_user.id = portal_user_id"
        " where token_hash = :token_hash and expire_time > :now"
        " and last_use_time > :idle_limit and disabled = 0",
        token_hash, ToMicros(now), IdleLimit(now));
  }));
  if (!found.has_value()) return absl::UnauthenticatedError("the session is over; sign in again");
  const auto& [id, portal_user_id, last_use_time] = *found;
  if (FromMicros(last_use_time) + kUseGranularity <= now) NoteUse(id, now);
  return auth::Caller{.kind = auth::CallerKind::kPortalUser,
                      .subject = portal_user_id,
                      .session_id = id,
                      .permissions = {}};
}

void SessionStore::NoteUse(std::string_view id, absl::Time now) {
  const absl::Status noted = database_.Write([&](storage::Session& session) {
    return session
        .Execute(
            "update portal_session set last_use_time = :now"
            " where id = :id and last_use_time < :now",
            ToMicros(now), id)
        .status();
  });
  // The call that uses the session can do without; the next one tries again.
  if (!noted.ok()) log::Warn("cannot note the use of a session", {{"session", id}});
}

absl::StatusOr<std::vector<v1::Session>> SessionStore::List(std::string_view portal_user_id,
                                                            std::string_view current_id) {
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(const auto rows, database_.Read([&](storage::Session& session) {
    return session.Select<std::string, int64_t, int64_t, int64_t>(
        "select id, create_time, last_use_time, expire_time from portal_session"
        " where portal_user_id = :portal_user_id and expire_time > :now"
        " and last_use_time > :idle_limit order by id desc limit 100",
        portal_user_id, ToMicros(now), IdleLimit(now));
  }));
  std::vector<v1::Session> sessions;
  for (const auto& [id, create_time, last_use_time, expire_time] : rows) {
    v1::Session& session = sessions.emplace_back();
    session.set_id(id);
    *session.mutable_create_time() = TimeUtil::MicrosecondsToTimestamp(create_time);
    *session.mutable_last_use_time() = TimeUtil::MicrosecondsToTimestamp(last_use_time);
    *session.mutable_expire_time() = TimeUtil::MicrosecondsToTimestamp(expire_time);
    session.set_current(id == current_id);
  }
  return sessions;
}

absl::Status SessionStore::EndByToken(const Secret& token) {
  const std::string token_hash = auth::HashOpaqueToken(token.Reveal());
  return database_.Write([&](storage::Session& session) {
    return session.Execute("delete from portal_session where token_hash = :token_hash", token_hash)
        .status();
  });
}

absl::Status SessionStore::End(std::string_view portal_user_id, std::string_view id) {
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(const int64_t ended, database_.Write([&](storage::Session& session) {
    return session.Execute(
        "delete from portal_session where id = :id and portal_user_id = :portal_user_id"
        " and expire_time > :now and last_use_time > :idle_limit",
        id, portal_user_id, ToMicros(now), IdleLimit(now));
  }));
  if (ended == 0) return absl::NotFoundError("you have no such session");
  return absl::OkStatus();
}

absl::Status SessionStore::EndWithoutMembership(storage::Session& transaction,
                                                std::string_view contact_id) {
  return transaction
      .Execute(
          "delete from portal_session where portal_user_id in"
          " (select portal_user_id from membership where contact_id = :contact_id)"
          " and not exists (select 1 from visible_membership"
          " where visible_membership.portal_user_id = portal_session.portal_user_id)",
          contact_id)
      .status();
}

absl::StatusOr<int64_t> SessionStore::Purge() {
  // Those that are too old were last used before that, so idleness finds them as well.
  const int64_t limit = IdleLimit(clock_.Now());
  return database_.Write([&](storage::Session& session) {
    return session.Execute(
        "delete from portal_session where id in"
        " (select id from portal_session where last_use_time <= :idle_limit limit 1000)",
        limit);
  });
}

}  // namespace portico::registration

#include "services/invitation/invitation_store.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <memory>
#include <tuple>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/events/erasure.h"
#include "libs/rpc/update.h"
#include "libs/storage/id_list.h"
#include "libs/storage/page_query.h"
#include "libs/storage/update_each.h"
#include "portico/invitation/v1/invitation_events.pb.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

bool IsLive(const Invitation& invitation) {
  switch (invitation.state()) {
    case INVITATION_STATE_PENDING:
    case INVITATION_STATE_SENT:
    case INVITATION_STATE_DEFERRED:
    case INVITATION_STATE_DELIVERED:
      return true;
    default:
      return false;
  }
}

bool IsOpen(const Invitation& invitation) {
  return IsLive(invitation) || invitation.state() == INVITATION_STATE_BOUNCED ||
         invitation.state() == INVITATION_STATE_FAILED;
}

bool IsPastExpiry(const Invitation& invitation, absl::Time now) {
  return TimeUtil::TimestampToMicroseconds(invitation.expire_time()) <= ToMicros(now);
}

namespace {

// That the token is one of the invitation's valid ones.
constexpr char kHasToken[] =
    "(token_hash = :token_hash or (token_hash is not null and exists "
    "(select 1 from invitation_token where invitation_token.token_hash = :token_hash "
    "and invitation_token.invitation_id = invitation.id)))";

// A time as its column holds it.
std::optional<int64_t> Stored(bool present, const google::protobuf::Timestamp& time) {
  if (!present) return std::nullopt;
  return TimeUtil::TimestampToMicroseconds(time);
}

}  // namespace

InvitationStore::InvitationStore(events::EventLog& events, const StaleRecipients& stale)
    : events_(events),
      stale_(stale),
      table_("invitation",
             {"id", "contact_id", "account_id", "email", "state", "origin", "create_time",
              "expire_time", "send_time", "accept_time", "revoke_time", "revoke_reason", "etag",
              "reminder_schedule", "reminder_count", "next_reminder_time", "hand_over_time"}) {}

absl::Status InvitationStore::Insert(Session& session, Invitation& invitation,
                                     std::string_view token_hash) const {
  invitation.set_etag(rpc::NextEtag(""));
  RETURN_IF_ERROR(table_.Insert(session, invitation));
  RETURN_IF_ERROR(SetLatestToken(session, invitation.id(), token_hash));
  RETURN_IF_ERROR(stale_.Add(session, {{invitation.contact_id()}}));
  return Publish(session, invitation);
}

absl::Status InvitationStore::InsertAll(Session& session, std::span<Invitation> invitations,
                                        std::span<const std::string> token_hashes) const {
  if (invitations.empty()) return absl::OkStatus();
  std::vector<std::string> contact_ids;
  std::vector<events::Draft> drafts;
  for (Invitation& invitation : invitations) {
    invitation.set_etag(rpc::NextEtag(""));
    contact_ids.push_back(invitation.contact_id());
    InvitationChanged event;
    *event.mutable_invitation() = invitation;
    drafts.push_back(events_.Prepare(event, invitation.id(), invitation.account_id()));
  }
  RETURN_IF_ERROR(table_.InsertAll(session, std::span<const Invitation>(invitations)));
  storage::RowSet tokens("invitation", {"token_hash", "id"});
  for (size_t i = 0; i < invitations.size(); ++i) tokens.Add(token_hashes[i], invitations[i].id());
  RETURN_IF_ERROR(storage::UpdateEach(
      session, tokens, "update invitation set token_hash = $0 $from where id = $1"));
  RETURN_IF_ERROR(stale_.Add(session, contact_ids));
  return events_.AppendAll(session, drafts);
}

absl::Status InvitationStore::Save(Session& session, Invitation& invitation) const {
  invitation.set_etag(rpc::NextEtag(invitation.etag()));
  if (!IsLive(invitation)) invitation.clear_next_reminder_time();
  RETURN_IF_ERROR(table_.Update(session, invitation).status());
  if (invitation.state() == INVITATION_STATE_REVOKED) {
    RETURN_IF_ERROR(stale_.Add(session, {{invitation.contact_id()}}));
  }
  return Publish(session, invitation);
}

absl::Status InvitationStore::SaveSending(Session& session,
                                          std::span<Invitation* const> invitations) const {
  storage::RowSet rows("invitation", {"state", "send_time", "next_reminder_time", "etag", "id"});
  std::vector<events::Draft> drafts;
  for (Invitation* invitation : invitations) {
    invitation->set_etag(rpc::NextEtag(invitation->etag()));
    if (!IsLive(*invitation)) invitation->clear_next_reminder_time();
    rows.Add(invitation->state(), Stored(invitation->has_send_time(), invitation->send_time()),
             Stored(invitation->has_next_reminder_time(), invitation->next_reminder_time()),
             invitation->etag(), invitation->id());
    InvitationChanged event;
    *event.mutable_invitation() = *invitation;
    drafts.push_back(events_.Prepare(event, invitation->id(), invitation->account_id()));
  }
  RETURN_IF_ERROR(storage::UpdateEach(session, rows,
                                      "update invitation set state = $0, send_time = $1, "
                                      "next_reminder_time = $2, etag = $3 $from where id = $4"));
  return events_.AppendAll(session, drafts);
}

absl::StatusOr<std::optional<Invitation>> InvitationStore::Find(Session& session,
                                                                std::string_view id) const {
  return table_.FindBy(session, "where id = :id", id);
}

absl::StatusOr<std::optional<Invitation>> InvitationStore::Lock(Session& session,
                                                                std::string_view id) const {
  return table_.FindBy(session, absl::StrCat("where id = :id", session.for_update()), id);
}

absl::StatusOr<std::map<std::string, Invitation>> InvitationStore::FindAll(
    Session& session, const std::vector<std::string>& ids) const {
  return ListAll(session, ids, "");
}

absl::StatusOr<std::map<std::string, Invitation>> InvitationStore::LockAll(
    Session& session, const std::vector<std::string>& ids) const {
  return ListAll(session, ids, absl::StrCat(" order by id", session.for_update()));
}

absl::StatusOr<std::map<std::string, Invitation>> InvitationStore::ListAll(
    Session& session, const std::vector<std::string>& ids, const std::string& ending) const {
  ASSIGN_OR_RETURN(
      std::vector<Invitation> found,
      table_.List(session, absl::StrCat("where ", session.IsAmong("id", ":ids"), ending),
                  storage::ListOf(ids)));
  std::map<std::string, Invitation> by_id;
  for (Invitation& invitation : found) by_id[invitation.id()] = std::move(invitation);
  return by_id;
}

absl::StatusOr<std::optional<Invitation>> InvitationStore::FindByToken(
    Session& session, std::string_view token_hash) const {
  return table_.FindBy(session,
                       "where invitation.token_hash = :token_hash or "
                       "(invitation.token_hash is not null and invitation.id = "
                       "(select invitation_id from invitation_token "
                       "where invitation_token.token_hash = :token_hash))",
                       token_hash);
}

absl::StatusOr<std::optional<Invitation>> InvitationStore::FindLive(
    Session& session, std::string_view contact_id) const {
  return table_.FindBy(session, "where contact_id = :contact_id and state in (1, 2, 3, 4)",
                       contact_id);
}

absl::StatusOr<std::map<std::string, Invitation>> InvitationStore::LatestOf(
    Session& session, const std::vector<std::string>& contact_ids) const {
  ASSIGN_OR_RETURN(
      std::vector<Invitation> found,
      table_.List(session,
                  absl::StrCat("where ", session.IsAmong("contact_id", ":ids"), " order by id"),
                  storage::ListOf(contact_ids)));
  std::map<std::string, Invitation> latest;
  for (Invitation& invitation : found) latest[invitation.contact_id()] = std::move(invitation);
  return latest;
}

absl::StatusOr<std::string> InvitationStore::LatestId(Session& session,
                                                      std::string_view contact_id) const {
  ASSIGN_OR_RETURN(const auto row, session.SelectOne<std::string>(
                                       "select id from invitation where contact_id = :contact_id "
                                       "order by id desc limit 1",
                                       contact_id));
  return row.has_value() ? std::get<0>(*row) : std::string();
}

absl::StatusOr<std::vector<Invitation>> InvitationStore::ListPastExpiry(Session& session,
                                                                        absl::Time now,
                                                                        int64_t limit) const {
  return table_.List(session, "where state in (1, 2, 3, 4) and expire_time <= :now limit :count",
                     ToMicros(now), limit);
}

absl::StatusOr<std::vector<Invitation>> InvitationStore::ListReminderDue(Session& session,
                                                                         absl::Time now,
                                                                         int64_t limit) const {
  return table_.List(session,
                     "where state in (2, 4) and next_reminder_time is not null "
                     "and next_reminder_time <= :now and +expire_time > :now limit :count",
                     ToMicros(now), limit);
}

absl::StatusOr<ListInvitationsResponse> InvitationStore::List(
    Session& session, const ListInvitationsRequest& request) const {
  storage::PageQuery query("invitations", storage::PageQuery::Order::kByIdFalling);
  // SQLite must not look for those of an account among all in a state: +state is in no index.
  const bool of_one = !request.contact_id().empty() || !request.account_id().empty();
  query.Where("contact_id = :contact_id", request.contact_id())
      .Where("account_id = :account_id", request.account_id())
      .Where(of_one ? "+state = :state" : "state = :state", static_cast<int64_t>(request.state()));
  ASSIGN_OR_RETURN(auto page,
                   query.Read(session, table_, request.page_size(), request.page_token()));
  ListInvitationsResponse response;
  for (Invitation& invitation : page.rows) *response.add_invitations() = std::move(invitation);
  response.set_next_page_token(page.next_page_token);
  return response;
}

absl::Status InvitationStore::ReplaceToken(Session& session, std::string_view id,
                                           std::string_view token_hash) const {
  RETURN_IF_ERROR(ForgetEarlierTokens(session, id));
  return SetLatestToken(session, id, token_hash);
}

absl::Status InvitationStore::AddToken(Session& session, std::string_view id,
                                       std::string_view token_hash) const {
  RETURN_IF_ERROR(session
                      .Execute("insert into invitation_token (token_hash, invitation_id) "
                               "select token_hash, id from invitation "
                               "where id = :id and token_hash is not null",
                               id)
                      .status());
  return SetLatestToken(session, id, token_hash);
}

absl::Status InvitationStore::KillTokens(Session& session, std::string_view id) const {
  RETURN_IF_ERROR(ForgetEarlierTokens(session, id));
  return session.Execute("update invitation set token_hash = null where id = :id", id).status();
}

absl::Status InvitationStore::SetLatestToken(Session& session, std::string_view id,
                                             std::string_view token_hash) const {
  return session
      .Execute("update invitation set token_hash = :token_hash where id = :id", token_hash, id)
      .status();
}

absl::Status InvitationStore::ForgetEarlierTokens(Session& session, std::string_view id) const {
  return session.Execute("delete from invitation_token where invitation_id = :id", id).status();
}

absl::StatusOr<std::set<std::string>> InvitationStore::WithOpen(
    Session& session, const std::vector<std::string>& contact_ids) const {
  return storage::SelectAmong(session, "select contact_id from invitation", "contact_id",
                              contact_ids, "state in (1, 2, 3, 4, 5, 6)");
}

absl::StatusOr<std::set<std::string>> InvitationStore::WithUnrevoked(
    Session& session, const std::vector<std::string>& contact_ids) const {
  return storage::SelectAmong(session, "select contact_id from invitation", "contact_id",
                              contact_ids, "state <> 9");
}

absl::Status InvitationStore::Erase(Session& session, std::string_view contact_id) const {
  using Row = std::tuple<std::string>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   session.Select<std::string>(
                       "select id from invitation where contact_id = :contact_id", contact_id));
  for (const auto& [id] : rows) {
    RETURN_IF_ERROR(events::Erasure::Request(session, id));
    RETURN_IF_ERROR(ForgetEarlierTokens(session, id));
  }
  return session
      .Execute("update invitation set email = '', token_hash = null where contact_id = :contact_id",
               contact_id)
      .status();
}

absl::Status InvitationStore::KillOldLinks(Session& session, std::string_view contact_id,
                                           std::string_view kept_email) const {
  return session
      .Execute(
          "update invitation set token_hash = null "
          "where contact_id = :contact_id and state in (5, 6) and email <> :kept_email",
          contact_id, kept_email)
      .status();
}

absl::StatusOr<std::optional<Invitation>> InvitationStore::Redeem(Session& session,
                                                                  std::string_view id,
                                                                  std::string_view token_hash,
                                                                  std::string_view acceptance_id,
                                                                  absl::Time now) const {
  ASSIGN_OR_RETURN(const int64_t taken,
                   session.Execute(absl::StrCat("update invitation set state = 7, "
                                                "accept_time = :now, acceptance_id = :acceptance_id "
                                                "where id = :id and ",
                                                kHasToken,
                                                " and state in (1, 2, 3, 4, 5, 6) "
                                                "and expire_time > :now"),
                                   ToMicros(now), acceptance_id, id, token_hash));
  if (taken == 0) return std::nullopt;
  ASSIGN_OR_RETURN(std::optional<Invitation> invitation, Find(session, id));
  if (invitation.has_value()) RETURN_IF_ERROR(Save(session, *invitation));
  return invitation;
}

absl::StatusOr<bool> InvitationStore::IsRedeemedBy(Session& session, std::string_view id,
                                                   std::string_view token_hash,
                                                   std::string_view acceptance_id) const {
  ASSIGN_OR_RETURN(const auto row,
                   session.SelectOne<std::string>(
                       absl::StrCat("select id from invitation where id = :id and ", kHasToken,
                                    " and acceptance_id = :acceptance_id and state = 7"),
                       id, token_hash, acceptance_id));
  return row.has_value();
}

events::SnapshotKind InvitationStore::Snapshot() const {
  return events::SnapshotOf<Invitation>(
      table_, InvitationChanged::default_instance(), [](Invitation invitation) {
        const std::string account_id = invitation.account_id();
        auto event = std::make_unique<InvitationChanged>();
        *event->mutable_invitation() = std::move(invitation);
        return events::State{.payload = std::move(event), .partition = account_id};
      });
}

absl::Status InvitationStore::Publish(Session& session, const Invitation& invitation) const {
  InvitationChanged event;
  *event.mutable_invitation() = invitation;
  return events_.Append(session, event, invitation.id(), invitation.account_id());
}

}  // namespace portico::invitation

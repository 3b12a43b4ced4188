#include "services/contact/contact_merger.h"

#include <absl/strings/str_cat.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "services/contact/contact_rules.h"
#include "services/contact/search_words.h"

namespace portico::contact {

using storage::Session;

namespace {

// As the field rules of the proto say.
constexpr int kMostPhones = 4;
constexpr int kMostTags = 50;
constexpr size_t kLongestNote = 4000;

void JoinPhones(const v1::Contact& loser, v1::Contact& winner) {
  std::set<std::string> known;
  for (const v1::Phone& phone : winner.phones()) known.insert(DigitsOf(phone.number()));
  for (const v1::Phone& phone : loser.phones()) {
    if (winner.phones_size() < kMostPhones && known.insert(DigitsOf(phone.number())).second) {
      *winner.add_phones() = phone;
    }
  }
}

void JoinTags(const v1::Contact& loser, v1::Contact& winner) {
  std::set<std::string> known(winner.tags().begin(), winner.tags().end());
  for (const std::string& tag : loser.tags()) {
    if (winner.tags_size() < kMostTags && known.insert(tag).second) winner.add_tags(tag);
  }
}

void JoinAddresses(const v1::Contact& loser, v1::Contact& winner) {
  for (const std::string& address : {loser.email(), loser.email2()}) {
    const std::string key = mail::AddressKey(address);
    if (key.empty() || key == mail::AddressKey(winner.email())) continue;
    if (winner.email().empty()) {
      winner.set_email(address);
    } else if (winner.email2().empty()) {
      winner.set_email2(address);
    }
  }
}

}  // namespace

v1::Contact Merged(const v1::Contact& winner, const v1::Contact& loser) {
  v1::Contact merged = winner;
  if (merged.title().empty()) merged.set_title(loser.title());
  JoinAddresses(loser, merged);
  JoinPhones(loser, merged);
  JoinTags(loser, merged);
  if (merged.note().empty()) {
    merged.set_note(loser.note());
  } else if (!loser.note().empty() && merged.note() != loser.note() &&
             merged.note().size() + loser.note().size() < kLongestNote) {
    absl::StrAppend(merged.mutable_note(), "\n", loser.note());
  }
  if (merged.external_id().empty()) merged.set_external_id(loser.external_id());
  // PRIMARY comes before SECONDARY, and both before none.
  const auto rank = [](v1::BillingContact billing) {
    return billing == v1::BILLING_CONTACT_PRIMARY     ? 2
           : billing == v1::BILLING_CONTACT_SECONDARY ? 1
                                                      : 0;
  };
  if (rank(loser.billing_contact()) > rank(winner.billing_contact())) {
    merged.set_billing_contact(loser.billing_contact());
  }
  return merged;
}

absl::StatusOr<v1::Contact> ContactMerger::Merge(const v1::MergeContactsRequest& request) const {
  if (request.id() == request.loser_id()) {
    return rpc::InvalidField("loser_id", "got the id of the contact that stays, want another");
  }
  return database_.Write([&](Session& session) -> absl::StatusOr<v1::Contact> {
    ASSIGN_OR_RETURN(const v1::Contact winner, rows_.Get(session, request.id(), "id"));
    ASSIGN_OR_RETURN(const v1::Contact loser, rows_.Get(session, request.loser_id(), "loser_id"));
    RETURN_IF_ERROR(ContactRows::CheckNotMerged(winner, "id"));
    if (loser.merged_into_id() == winner.id()) return winner;  // Asked for again.
    RETURN_IF_ERROR(ContactRows::CheckNotMerged(loser, "loser_id"));
    RETURN_IF_ERROR(rpc::CheckEtag("etag", request.etag(), winner.etag()));
    RETURN_IF_ERROR(rpc::CheckEtag("loser_etag", request.loser_etag(), loser.etag()));
    if (winner.account_id() != loser.account_id()) {
      return rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition, "DIFFERENT_ACCOUNTS",
                                  "loser_id: got a contact of another account");
    }
    RETURN_IF_ERROR(ContactRows::CheckLinked(winner, "id"));
    RETURN_IF_ERROR(ContactRows::CheckLinked(loser, "loser_id"));
    v1::Contact alias = loser;
    alias.set_merged_into_id(winner.id());
    GiveUpBilling(alias);
    v1::Contact merged = Merged(winner, loser);
    if (merged.external_id() == loser.external_id()) alias.clear_external_id();
    const ActivityStore& activities = rows_.activities();
    v1::Activity gone = activities.Now(loser.id(), v1::ACTIVITY_KIND_MERGED_AWAY);
    gone.set_subject_id(winner.id());
    v1::Activity joined = activities.Now(winner.id(), v1::ACTIVITY_KIND_MERGED);
    joined.set_subject_id(loser.id());
    RETURN_IF_ERROR(rows_.Save(session, loser, alias, std::move(gone)));
    RETURN_IF_ERROR(rows_.Save(session, winner, merged, std::move(joined)));
    RETURN_IF_ERROR(session
                        .Execute("update contact set merged_into_id = :winner "
                                 "where merged_into_id <> '' and merged_into_id = :loser",
                                 winner.id(), loser.id())
                        .status());
    RETURN_IF_ERROR(activities.Move(session, loser, winner.id()));
    RETURN_IF_ERROR(MovePortalUsers(session, winner, loser));
    v1::ContactsMerged event;
    ASSIGN_OR_RETURN(*event.mutable_winner(), rows_.Get(session, winner.id()));
    *event.mutable_loser() = loser;
    RETURN_IF_ERROR(rows_.events().Append(session, event, winner.id(), winner.account_id()));
    return event.winner();
  });
}

absl::Status ContactMerger::MovePortalUsers(Session& session, const v1::Contact& winner,
                                            const v1::Contact& loser) const {
  RETURN_IF_ERROR(session
                      .Execute("insert into portal_membership (portal_user_id, contact_id) "
                               "select portal_user_id, cast(:winner as text) "
                               "from portal_membership where contact_id = :loser "
                               "on conflict do nothing",
                               winner.id(), loser.id())
                      .status());
  RETURN_IF_ERROR(
      session.Execute("delete from portal_membership where contact_id = :loser", loser.id())
          .status());
  if (winner.portal().is_portal_user() || !loser.portal().is_portal_user()) {
    return absl::OkStatus();
  }
  return session
      .Execute(
          "update contact set portal_is_portal_user = 1, portal_user_id = :user_id, "
          "portal_portal_user_id = :portal_user_id, portal_invitation_state = :accepted "
          "where id = :id",
          loser.portal().user_id(), loser.portal().portal_user_id(),
          invitation::v1::INVITATION_STATE_ACCEPTED, winner.id())
      .status();
}

}  // namespace portico::contact

#include "services/invitation/contact_events.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <memory>
#include <set>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"

namespace portico::invitation {

using portico::contact::v1::ContactCreated;
using portico::contact::v1::ContactErased;
using portico::contact::v1::ContactsMerged;
using portico::contact::v1::ContactUnlinked;
using portico::contact::v1::ContactUpdated;
using storage::Session;
using namespace portico::invitation::v1;  // The reasons' names.

namespace {

// Takes the contact out of an event of that type.
template <class M>
bool Take(const events::Event& event, portico::contact::v1::Contact& contact) {
  M payload;
  if (!event.data().UnpackTo(&payload)) return false;
  contact = std::move(*payload.mutable_contact());
  return true;
}

}  // namespace

// The loser of a merge is a contact without access from now on.
void ContactEvents::MergeAway(Change& loser, const std::string& winner_id) {
  loser.contact.set_portal_access_enabled(false);
  loser.off = kContactMerged;
  loser.merged_into_id = winner_id;
}

std::vector<std::string> ContactEvents::types() const {
  return {ContactCreated::descriptor()->full_name(), ContactUpdated::descriptor()->full_name(),
          ContactUnlinked::descriptor()->full_name(), ContactsMerged::descriptor()->full_name(),
          ContactErased::descriptor()->full_name()};
}

bool ContactEvents::IsErasure(const events::Event& event) const {
  return event.type() == ContactErased::descriptor()->full_name();
}

absl::Status ContactEvents::Read(const events::Event& event, std::vector<Change>& changes) const {
  Change change{.draft = inviter_.NewDraft()};
  ContactCreated created;
  ContactsMerged merged;
  if (event.data().UnpackTo(&created)) {
    change.contact = std::move(*created.mutable_contact());
    change.created = true;
    change.is_wanted = !created.without_invitation();
  } else if (Take<ContactUpdated>(event, change.contact)) {
    change.off = kPortalAccessOff;
    // As a snapshot tells of one that was merged.
    if (!change.contact.merged_into_id().empty()) {
      MergeAway(change, change.contact.merged_into_id());
    }
  } else if (Take<ContactUnlinked>(event, change.contact)) {
    change.off = kContactUnlinked;
  } else if (Take<ContactErased>(event, change.contact)) {
    change.off = kContactUnlinked;
    change.erased = true;
  } else if (event.data().UnpackTo(&merged)) {
    Change& loser = changes.emplace_back(Change{.draft = inviter_.NewDraft()});
    loser.contact = std::move(*merged.mutable_loser());
    *loser.contact.mutable_update_time() = merged.winner().update_time();
    MergeAway(loser, merged.winner().id());
    change.contact = std::move(*merged.mutable_winner());
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("event ", event.id(), ": got a payload that is no ", event.type()));
  }
  changes.push_back(std::move(change));
  return absl::OkStatus();
}

absl::StatusOr<events::Effect> ContactEvents::Prepare(std::span<const events::Event> events) {
  std::vector<Change> changes;
  std::set<std::string> new_accounts;
  for (const events::Event& event : events) {
    RETURN_IF_ERROR(Read(event, changes));
    if (changes.back().created) new_accounts.insert(changes.back().contact.account_id());
  }
  Facts facts;
  if (!new_accounts.empty()) {
    ASSIGN_OR_RETURN(facts, facts_.Accounts(new_accounts));
  }
  // Shared, as an effect is copied about.
  return [this, facts = std::make_shared<const Facts>(std::move(facts)),
          changes = std::make_shared<const std::vector<Change>>(std::move(changes))](
             Session& session) { return Apply(session, *changes, *facts); };
}

// What is the same for most contacts is done for all at once; only who has an invitation, or gets
// one, is looked at one by one.
absl::Status ContactEvents::Apply(Session& session, std::span<const Change> changes,
                                  const Facts& facts) const {
  std::vector<RecipientStore::News> news;
  std::vector<std::string> ids, new_ids, new_addresses;
  for (const Change& change : changes) {
    const AccountFacts* account = facts.Find(change.contact.account_id());
    news.push_back({&change.contact, account == nullptr ? "" : account->name});
    ids.push_back(change.contact.id());
    if (change.erased) RETURN_IF_ERROR(EraseSuppressions(session, change.contact.id()));
    if (change.created) new_ids.push_back(change.contact.id());
  }
  ASSIGN_OR_RETURN(const std::vector<Recipient> recipients,
                   stores_.recipients.LearnAll(session, news));
  for (size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].created) new_addresses.push_back(recipients[i].email);
  }
  ASSIGN_OR_RETURN(std::set<std::string> invited, stores_.invitations.WithOpen(session, ids));
  ASSIGN_OR_RETURN(std::set<std::string> decided, stores_.decisions.Decided(session, new_ids));
  ASSIGN_OR_RETURN(const std::set<std::string> suppressed,
                   stores_.suppressions.Suppressed(session, new_addresses));
  std::vector<DecisionStore::Made> made;
  for (size_t i = 0; i < changes.size(); ++i) {
    const Recipient& recipient = recipients[i];
    const Draft& draft = changes[i].draft;
    if (invited.contains(recipient.contact_id)) {
      RETURN_IF_ERROR(inviter_.Reconcile(session, recipient, draft, changes[i].off));
    }
    RETURN_IF_ERROR(Finish(session, changes[i]));
    if (!changes[i].created || !decided.insert(recipient.contact_id).second) continue;
    const AccountFacts* account = facts.Find(recipient.account_id);
    DecisionReason reason;
    if (!changes[i].is_wanted) {
      reason = DECISION_REASON_NOT_WANTED;
    } else if (invited.contains(recipient.contact_id)) {
      ASSIGN_OR_RETURN(reason,
                       inviter_.Judge(session, recipient, account, Trigger::kContactCreated));
    } else {
      reason = Inviter::JudgeUninvited(recipient, account, Trigger::kContactCreated,
                                       suppressed.contains(mail::AddressKey(recipient.email)));
    }
    ASSIGN_OR_RETURN(Decision decision, CarryOut(session, recipient, facts, reason, draft));
    if (!decision.invitation_id().empty()) invited.insert(recipient.contact_id);
    made.push_back({std::move(decision), recipient.account_id});
  }
  return stores_.decisions.Insert(session, made);
}

// While it is still known which addresses the contact had.
absl::Status ContactEvents::EraseSuppressions(Session& session,
                                              const std::string& contact_id) const {
  ASSIGN_OR_RETURN(std::vector<std::string> addresses,
                   stores_.messages.Addresses(session, contact_id));
  ASSIGN_OR_RETURN(const auto recipient, stores_.recipients.Find(session, contact_id));
  if (recipient.has_value()) addresses.push_back(recipient->email);
  for (const std::string& address : addresses) {
    RETURN_IF_ERROR(stores_.suppressions.Erase(session, address));
  }
  return absl::OkStatus();
}

// What a merge and an erasure ask for beyond the end of the invitation.
absl::Status ContactEvents::Finish(Session& session, const Change& change) const {
  const std::string& id = change.contact.id();
  if (!change.merged_into_id.empty()) {
    RETURN_IF_ERROR(stores_.recipients.Merge(session, id, change.merged_into_id));
    // It may have become a portal user by that.
    ASSIGN_OR_RETURN(const auto winner, stores_.recipients.FindWinner(session, id));
    if (winner.has_value()) RETURN_IF_ERROR(inviter_.Reconcile(session, *winner, change.draft));
  }
  if (!change.erased) return absl::OkStatus();
  RETURN_IF_ERROR(stores_.recipients.Erase(session, id));
  RETURN_IF_ERROR(stores_.invitations.Erase(session, id));
  RETURN_IF_ERROR(stores_.reports.Erase(session, id));
  return stores_.messages.Erase(session, id);
}

absl::StatusOr<Decision> ContactEvents::CarryOut(Session& session, const Recipient& recipient,
                                                 const Facts& facts, DecisionReason reason,
                                                 const Draft& draft) const {
  Decision decision;
  decision.set_contact_id(recipient.contact_id);
  decision.set_outcome(DECISION_OUTCOME_NOT_INVITED);
  decision.set_reason(reason);
  *decision.mutable_decide_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(ToMicros(clock_.Now()));
  if (reason == DECISION_REASON_ALL_CONDITIONS_MET) {
    ASSIGN_OR_RETURN(const Invitation invitation,
                     inviter_.Invite(session, recipient, facts, *facts.Find(recipient.account_id),
                                     INVITATION_ORIGIN_CONTACT_CREATED, draft));
    decision.set_outcome(DECISION_OUTCOME_INVITED);
    decision.set_invitation_id(invitation.id());
  }
  return decision;
}

}  // namespace portico::invitation

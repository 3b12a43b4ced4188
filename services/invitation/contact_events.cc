#include "services/invitation/contact_events.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <memory>
#include <set>
#include <utility>

#include "libs/base/status_macros.h"

namespace portico::invitation {

using portico::contact::v1::ContactCreated;
using portico::contact::v1::ContactUpdated;
using storage::Session;
using namespace portico::invitation::v1;  // The reasons' names.

std::vector<std::string> ContactEvents::types() const {
  return {ContactCreated::descriptor()->full_name(), ContactUpdated::descriptor()->full_name()};
}

absl::StatusOr<events::Effect> ContactEvents::Prepare(std::span<const events::Event> events) {
  std::vector<Change> changes;
  std::set<std::string> new_accounts;
  for (const events::Event& event : events) {
    Change change{.draft = inviter_.NewDraft()};
    ContactCreated created;
    ContactUpdated updated;
    if (event.data().UnpackTo(&created)) {
      change.contact = std::move(*created.mutable_contact());
      change.created = true;
      new_accounts.insert(change.contact.account_id());
    } else if (event.data().UnpackTo(&updated)) {
      change.contact = std::move(*updated.mutable_contact());
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("event ", event.id(), ": got a payload that is no ", event.type()));
    }
    changes.push_back(std::move(change));
  }
  Facts facts;
  if (!new_accounts.empty()) {
    ASSIGN_OR_RETURN(facts, facts_.Accounts(new_accounts));
  }
  // Shared, as an effect is copied about.
  return [this, facts = std::make_shared<const Facts>(std::move(facts)),
          changes = std::make_shared<const std::vector<Change>>(std::move(changes))](
             Session& session) -> absl::Status {
    for (const Change& change : *changes) RETURN_IF_ERROR(Apply(session, change, *facts));
    return absl::OkStatus();
  };
}

absl::Status ContactEvents::Apply(Session& session, const Change& change,
                                  const Facts& facts) const {
  const AccountFacts* account = facts.Find(change.contact.account_id());
  ASSIGN_OR_RETURN(const Recipient recipient,
                   stores_.recipients.Learn(session, change.contact, Source::kEvent,
                                            account == nullptr ? "" : account->name));
  RETURN_IF_ERROR(inviter_.Reconcile(session, recipient, change.draft));
  if (!change.created) return absl::OkStatus();
  return DecideOn(session, recipient, facts, change.draft);
}

absl::Status ContactEvents::DecideOn(Session& session, const Recipient& recipient,
                                     const Facts& facts, const Draft& draft) const {
  ASSIGN_OR_RETURN(const std::optional<Decision> made,
                   stores_.decisions.Find(session, recipient.contact_id));
  if (made.has_value()) return absl::OkStatus();
  const AccountFacts* account = facts.Find(recipient.account_id);
  ASSIGN_OR_RETURN(const DecisionReason reason,
                   inviter_.Judge(session, recipient, account, Trigger::kContactCreated));
  Decision decision;
  decision.set_contact_id(recipient.contact_id);
  decision.set_outcome(DECISION_OUTCOME_NOT_INVITED);
  decision.set_reason(reason);
  *decision.mutable_decide_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(ToMicros(clock_.Now()));
  if (reason == DECISION_REASON_ALL_CONDITIONS_MET) {
    ASSIGN_OR_RETURN(const Invitation invitation,
                     inviter_.Invite(session, recipient, facts, *account,
                                     INVITATION_ORIGIN_CONTACT_CREATED, draft));
    decision.set_outcome(DECISION_OUTCOME_INVITED);
    decision.set_invitation_id(invitation.id());
  }
  return stores_.decisions.Insert(session, decision, recipient.account_id);
}

}  // namespace portico::invitation

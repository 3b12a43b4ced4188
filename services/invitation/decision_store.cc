#include "services/invitation/decision_store.h"

#include "libs/base/status_macros.h"
#include "portico/invitation/v1/invitation_events.pb.h"

namespace portico::invitation {

using portico::invitation::v1::Decision;

DecisionStore::DecisionStore(events::EventLog& events)
    : events_(events),
      table_("decision", {"contact_id", "outcome", "reason", "invitation_id", "decide_time"}) {}

absl::StatusOr<std::optional<Decision>> DecisionStore::Find(storage::Session& session,
                                                            std::string_view contact_id) const {
  return table_.FindBy(session, "where contact_id = :contact_id", contact_id);
}

absl::Status DecisionStore::Insert(storage::Session& session, const Decision& decision,
                                   std::string_view account_id) const {
  RETURN_IF_ERROR(table_.Insert(session, decision));
  portico::invitation::v1::InvitationDecided event;
  *event.mutable_decision() = decision;
  event.set_account_id(std::string(account_id));
  return events_.Append(session, event, decision.contact_id(), account_id);
}

}  // namespace portico::invitation

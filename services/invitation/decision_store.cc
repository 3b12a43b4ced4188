#include "services/invitation/decision_store.h"

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "portico/invitation/v1/invitation_events.pb.h"

namespace portico::invitation {

using portico::invitation::v1::Decision;
using portico::invitation::v1::InvitationDecided;

DecisionStore::DecisionStore(events::EventLog& events)
    : events_(events),
      table_("decision", {"contact_id", "outcome", "reason", "invitation_id", "decide_time"}) {}

absl::StatusOr<std::optional<Decision>> DecisionStore::Find(storage::Session& session,
                                                            std::string_view contact_id) const {
  return table_.FindBy(session, "where contact_id = :contact_id", contact_id);
}

events::SnapshotKind DecisionStore::Snapshot() const {
  return {InvitationDecided::descriptor()->full_name(),
          [this](storage::Session& session, const std::string& after,
                 int limit) -> absl::StatusOr<std::vector<events::State>> {
            ASSIGN_OR_RETURN(
                std::vector<Decision> decisions,
                table_.List(session, "where contact_id > :after order by contact_id limit :limit",
                            after, limit));
            // Whoever was decided on is a recipient.
            using Row = std::tuple<std::string>;
            ASSIGN_OR_RETURN(const std::vector<Row> accounts,
                             session.Select<std::string>(
                                 "select recipient.account_id from decision join recipient "
                                 "on recipient.contact_id = decision.contact_id "
                                 "where decision.contact_id > :after "
                                 "order by decision.contact_id limit :limit",
                                 after, limit));
            if (accounts.size() != decisions.size()) {
              return absl::InternalError("a decision is on no recipient");
            }
            std::vector<events::State> states;
            for (size_t i = 0; i < decisions.size(); ++i) {
              const std::string contact_id = decisions[i].contact_id();
              auto event = std::make_unique<InvitationDecided>();
              *event->mutable_decision() = std::move(decisions[i]);
              event->set_account_id(std::get<0>(accounts[i]));
              states.push_back({.key = contact_id,
                                .payload = std::move(event),
                                .subject = contact_id,
                                .partition = std::get<0>(accounts[i])});
            }
            return states;
          }};
}

absl::Status DecisionStore::Insert(storage::Session& session, const Decision& decision,
                                   std::string_view account_id) const {
  RETURN_IF_ERROR(table_.Insert(session, decision));
  InvitationDecided event;
  *event.mutable_decision() = decision;
  event.set_account_id(std::string(account_id));
  return events_.Append(session, event, decision.contact_id(), account_id);
}

}  // namespace portico::invitation

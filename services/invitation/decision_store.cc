#include "services/invitation/decision_store.h"

#include <google/protobuf/util/time_util.h>

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/storage/id_list.h"
#include "libs/storage/row_set.h"
#include "portico/invitation/v1/invitation_events.pb.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
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

absl::StatusOr<std::set<std::string>> DecisionStore::Decided(
    storage::Session& session, const std::vector<std::string>& contact_ids) const {
  return storage::SelectAmong(session, "select contact_id from decision", "contact_id",
                              contact_ids);
}

absl::Status DecisionStore::Insert(storage::Session& session, std::span<const Made> made) const {
  storage::RowSet rows("decision",
                     {"contact_id", "outcome", "reason", "invitation_id", "decide_time"});
  std::vector<events::Draft> drafts;
  for (const auto& [decision, account_id] : made) {
    rows.Add(decision.contact_id(), decision.outcome(), decision.reason(), decision.invitation_id(),
             TimeUtil::TimestampToMicroseconds(decision.decide_time()));
    InvitationDecided event;
    *event.mutable_decision() = decision;
    event.set_account_id(account_id);
    drafts.push_back(events_.Prepare(event, decision.contact_id(), account_id));
  }
  RETURN_IF_ERROR(session.InsertRows(rows));
  return events_.AppendAll(session, drafts);
}

}  // namespace portico::invitation

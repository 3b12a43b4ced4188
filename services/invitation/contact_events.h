#pragma once

#include <absl/status/statusor.h>

#include <span>
#include <string>
#include <vector>

#include "libs/events/subscription.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "services/invitation/inviter.h"

namespace portico::invitation {

// Follows the contact service: decides on every ContactCreated, once, and keeps
// recipients and their live invitations in line with ContactUpdated.
class ContactEvents final : public events::EventHandler {
 public:
  ContactEvents(const Stores& stores, const Inviter& inviter, FactSource& facts, const Clock& clock)
      : stores_(stores), inviter_(inviter), facts_(facts), clock_(clock) {}

  std::vector<std::string> types() const override;

  // Asks the account service once for all new contacts of the batch.
  // UNAVAILABLE and the like: it is away. INVALID_ARGUMENT: a payload cannot be read.
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;
  bool IsErasure(const events::Event& event) const override;

 private:
  struct Change {
    portico::contact::v1::Contact contact;
    bool created = false;
    bool is_wanted = true;  // Whether whoever created it wants it invited.
    bool erased = false;
    const char* off = kPortalAccessOff;  // Why it has no access, where it has none.
    std::string merged_into_id;          // Mostly none.
    Draft draft;
  };

  static void MergeAway(Change& loser, const std::string& winner_id);
  // What an event changes, one thing after the other.
  absl::Status Read(const events::Event& event, std::vector<Change>& changes) const;

  absl::Status Apply(storage::Session& session, std::span<const Change> changes,
                     const Facts& facts) const;
  absl::Status EraseSuppressions(storage::Session& session, const std::string& contact_id) const;
  absl::Status Finish(storage::Session& session, const Change& change) const;
  // Makes the invitation, if that is what the reason says.
  absl::StatusOr<portico::invitation::v1::Decision> CarryOut(storage::Session& session,
                                                             const Recipient& recipient,
                                                             const Facts& facts,
                                                             DecisionReason reason,
                                                             const Draft& draft) const;

  const Stores& stores_;
  const Inviter& inviter_;
  FactSource& facts_;
  const Clock& clock_;
};

}  // namespace portico::invitation

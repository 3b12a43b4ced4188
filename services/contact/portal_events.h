#pragma once

#include <string>
#include <vector>

#include "libs/events/subscription.h"
#include "services/contact/activity_store.h"

namespace portico::contact {

// Keeps the invitation part of contacts' portal state, and of their histories, by the events
// of the invitation service.
class InvitationEvents final : public events::EventHandler {
 public:
  explicit InvitationEvents(const ActivityStore& activities) : activities_(activities) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  const ActivityStore& activities_;
};

// Keeps who is a portal user, and what the histories tell of that, by the events of the
// registration service.
class RegistrationEvents final : public events::EventHandler {
 public:
  explicit RegistrationEvents(const ActivityStore& activities) : activities_(activities) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  const ActivityStore& activities_;
};

}  // namespace portico::contact

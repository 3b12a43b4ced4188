#pragma once

#include <string>
#include <vector>

#include "libs/events/subscription.h"
#include "services/contact/activity_store.h"
#include "services/contact/contact_store.h"

namespace portico::contact {

// Keeps the invitation part of contacts' portal state, and of their histories, by the events
// of the invitation service.
class InvitationEvents final : public events::EventHandler {
 public:
  InvitationEvents(ContactStore& contacts, const ActivityStore& activities)
      : contacts_(contacts), activities_(activities) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  ContactStore& contacts_;
  const ActivityStore& activities_;
};

// Keeps who is a portal user by the events of the registration service.
class RegistrationEvents final : public events::EventHandler {
 public:
  RegistrationEvents(ContactStore& contacts, const ActivityStore& activities)
      : contacts_(contacts), activities_(activities) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  ContactStore& contacts_;
  const ActivityStore& activities_;
};

}  // namespace portico::contact

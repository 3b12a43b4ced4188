#pragma once

#include <string>
#include <vector>

#include "libs/events/subscription.h"
#include "services/contact/contact_store.h"

namespace portico::contact {

// Keeps the invitation part of contacts' portal state by the events of the
// invitation service.
class InvitationEvents final : public events::EventHandler {
 public:
  explicit InvitationEvents(ContactStore& contacts) : contacts_(contacts) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  ContactStore& contacts_;
};

// Keeps who is a portal user by the events of the registration service.
class RegistrationEvents final : public events::EventHandler {
 public:
  explicit RegistrationEvents(ContactStore& contacts) : contacts_(contacts) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  ContactStore& contacts_;
};

}  // namespace portico::contact

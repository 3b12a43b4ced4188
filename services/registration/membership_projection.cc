#include "services/registration/membership_projection.h"

#include <utility>

#include "libs/base/status_macros.h"
#include "portico/account/v1/account_events.pb.h"
#include "portico/contact/v1/contact_events.pb.h"

namespace portico::registration {
namespace {

using account::v1::AccountUpdated;
using contact::v1::ContactUpdated;

template <class Payload>
absl::StatusOr<std::vector<Payload>> Unpacked(std::span<const events::Event> events) {
  std::vector<Payload> payloads(events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    if (!events[i].data().UnpackTo(&payloads[i])) {
      return absl::InvalidArgumentError("event " + events[i].id() + " is no " +
                                        Payload::descriptor()->full_name());
    }
  }
  return payloads;
}

}  // namespace

std::vector<std::string> AccountNames::types() const {
  return {AccountUpdated::descriptor()->full_name()};
}

absl::StatusOr<events::Effect> AccountNames::Prepare(std::span<const events::Event> events) {
  ASSIGN_OR_RETURN(auto updates, Unpacked<AccountUpdated>(events));
  return [this, updates = std::move(updates)](storage::Session& session) -> absl::Status {
    for (const AccountUpdated& update : updates) {
      RETURN_IF_ERROR(portal_users_.RenameAccount(session, update.account().id(),
                                                  update.account().display_name()));
    }
    return absl::OkStatus();
  };
}

std::vector<std::string> ContactSites::types() const {
  return {ContactUpdated::descriptor()->full_name()};
}

absl::StatusOr<events::Effect> ContactSites::Prepare(std::span<const events::Event> events) {
  ASSIGN_OR_RETURN(auto updates, Unpacked<ContactUpdated>(events));
  return [this, updates = std::move(updates)](storage::Session& session) -> absl::Status {
    for (const ContactUpdated& update : updates) {
      RETURN_IF_ERROR(
          portal_users_.SetSite(session, update.contact().id(), update.contact().site_id()));
    }
    return absl::OkStatus();
  };
}

}  // namespace portico::registration

#include "services/contact/account_events.h"

#include "portico/account/v1/account_events.pb.h"
#include "services/contact/event_payload.h"

namespace portico::contact {
namespace {

using account::v1::AccountCreated;
using account::v1::AccountUpdated;
using account::v1::SiteCreated;

}  // namespace

// A site never changes its account, so SiteUpdated would tell nothing new.
std::vector<std::string> AccountEvents::types() const {
  return {AccountCreated::descriptor()->full_name(), AccountUpdated::descriptor()->full_name(),
          SiteCreated::descriptor()->full_name()};
}

absl::StatusOr<events::Effect> AccountEvents::Prepare(std::span<const events::Event> events) {
  std::vector<events::Effect> effects;
  const auto save = [&](auto resource) {
    effects.push_back([this, resource = std::move(resource)](storage::Session& session) {
      return accounts_.Save(session, resource);
    });
  };
  for (const events::Event& event : events) {
    if (IsOf<AccountCreated>(event)) {
      ASSIGN_OR_RETURN(AccountCreated created, PayloadOf<AccountCreated>(event));
      save(std::move(*created.mutable_account()));
    } else if (IsOf<AccountUpdated>(event)) {
      ASSIGN_OR_RETURN(AccountUpdated updated, PayloadOf<AccountUpdated>(event));
      save(std::move(*updated.mutable_account()));
    } else if (IsOf<SiteCreated>(event)) {
      ASSIGN_OR_RETURN(SiteCreated created, PayloadOf<SiteCreated>(event));
      save(std::move(*created.mutable_site()));
    }
  }
  return InOrder(std::move(effects));
}

}  // namespace portico::contact

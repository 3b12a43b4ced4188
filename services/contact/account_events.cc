#include "services/contact/account_events.h"

#include "libs/log/trace.h"
#include "services/contact/event_payload.h"

namespace portico::contact {
namespace {

using account::v1::AccountCreated;
using account::v1::AccountUpdated;
using account::v1::SiteCreated;
using account::v1::SiteUpdated;
using account::v1::AccountsMerged;

}  // namespace

// A site changes its account when that is merged into another.
std::vector<std::string> AccountEvents::types() const {
  return {AccountCreated::descriptor()->full_name(), AccountUpdated::descriptor()->full_name(),
          SiteCreated::descriptor()->full_name(), SiteUpdated::descriptor()->full_name(),
          AccountsMerged::descriptor()->full_name()};
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
    } else if (IsOf<SiteUpdated>(event)) {
      ASSIGN_OR_RETURN(SiteUpdated updated, PayloadOf<SiteUpdated>(event));
      save(std::move(*updated.mutable_site()));
    } else if (IsOf<AccountsMerged>(event)) {
      ASSIGN_OR_RETURN(AccountsMerged merged, PayloadOf<AccountsMerged>(event));
      effects.push_back([this, merged = std::move(merged),
                         actor = event.actor()](storage::Session& session) {
        // Whoever merged the accounts is told in the histories of their contacts.
        const log::TraceScope scope(log::Trace{log::CurrentTraceId(), actor});
        return Merge(session, merged);
      });
    }
  }
  return InOrder(std::move(effects));
}

absl::Status AccountEvents::Merge(storage::Session& session, const AccountsMerged& merged) const {
  RETURN_IF_ERROR(accounts_.Save(session, merged.winner()));
  RETURN_IF_ERROR(accounts_.SaveMerge(session, merged.loser_id(), merged.winner().id()));
  return merger_.MoveAll(session, merged.loser_id(), merged.winner().id());
}

}  // namespace portico::contact

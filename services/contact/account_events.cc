#include "services/contact/account_events.h"

#include "libs/log/trace.h"
#include "services/contact/event_payload.h"

namespace portico::contact {
namespace {

using account::v1::AccountCreated;
using account::v1::AccountsMerged;
using account::v1::AccountUpdated;
using account::v1::SiteCreated;
using account::v1::SiteUpdated;

}  // namespace

// A site changes its account when that is merged into another.
std::vector<std::string> AccountEvents::types() const {
  return {AccountCreated::descriptor()->full_name(), AccountUpdated::descriptor()->full_name(),
          SiteCreated::descriptor()->full_name(), SiteUpdated::descriptor()->full_name(),
          AccountsMerged::descriptor()->full_name()};
}

absl::StatusOr<events::Effect> AccountEvents::Prepare(std::span<const events::Event> events) {
  std::vector<events::Effect> effects;
  const auto add = [&](const events::Event& event, auto effect) {
    // Whoever merged accounts is told in the histories of their contacts.
    effects.push_back(
        [actor = event.actor(), effect = std::move(effect)](storage::Session& session) {
          const log::TraceScope scope(log::Trace{log::CurrentTraceId(), actor});
          return effect(session);
        });
  };
  const auto save_account = [&](const events::Event& event, account::v1::Account account) {
    add(event, [this, account = std::move(account)](storage::Session& session) {
      return Save(session, account);
    });
  };
  const auto save_site = [&](const events::Event& event, account::v1::Site site) {
    add(event, [this, site = std::move(site)](storage::Session& session) {
      return accounts_.Save(session, site);
    });
  };
  for (const events::Event& event : events) {
    if (IsOf<AccountCreated>(event)) {
      ASSIGN_OR_RETURN(AccountCreated created, PayloadOf<AccountCreated>(event));
      save_account(event, std::move(*created.mutable_account()));
    } else if (IsOf<AccountUpdated>(event)) {
      ASSIGN_OR_RETURN(AccountUpdated updated, PayloadOf<AccountUpdated>(event));
      save_account(event, std::move(*updated.mutable_account()));
    } else if (IsOf<SiteCreated>(event)) {
      ASSIGN_OR_RETURN(SiteCreated created, PayloadOf<SiteCreated>(event));
      save_site(event, std::move(*created.mutable_site()));
    } else if (IsOf<SiteUpdated>(event)) {
      ASSIGN_OR_RETURN(SiteUpdated updated, PayloadOf<SiteUpdated>(event));
      save_site(event, std::move(*updated.mutable_site()));
    } else if (IsOf<AccountsMerged>(event)) {
      ASSIGN_OR_RETURN(AccountsMerged merged, PayloadOf<AccountsMerged>(event));
      add(event, [this, merged = std::move(merged)](storage::Session& session) -> absl::Status {
        RETURN_IF_ERROR(Save(session, merged.winner()));
        return mover_.Merge(session, merged.loser_id(), merged.winner().id());
      });
    }
  }
  return InOrder(std::move(effects));
}

// A merge is told of twice, and only so by a snapshot.
absl::Status AccountEvents::Save(storage::Session& session,
                                 const account::v1::Account& account) const {
  ASSIGN_OR_RETURN(const bool ends_invoices, accounts_.Save(session, account));
  if (ends_invoices) RETURN_IF_ERROR(mover_.EndInvoicesByEmail(session, account.id()));
  if (account.merged_into_id().empty()) return absl::OkStatus();
  return mover_.Merge(session, account.id(), account.merged_into_id());
}

}  // namespace portico::contact

#include "services/invitation/account_events.h"

#include <absl/strings/str_cat.h>

#include <memory>
#include <utility>

#include "libs/base/status_macros.h"
#include "portico/account/v1/account_events.pb.h"

namespace portico::invitation {

using account::v1::AccountClassSaved;
using account::v1::AccountCreated;
using account::v1::AccountsMerged;
using account::v1::AccountUpdated;
using account::v1::DivisionSaved;
using account::v1::PortalOptionsUpdated;
using account::v1::SiteCreated;
using account::v1::SiteUpdated;

std::vector<std::string> AccountEvents::types() const {
  return {AccountCreated::descriptor()->full_name(),    AccountUpdated::descriptor()->full_name(),
          AccountsMerged::descriptor()->full_name(),    SiteCreated::descriptor()->full_name(),
          SiteUpdated::descriptor()->full_name(),       AccountClassSaved::descriptor()->full_name(),
          DivisionSaved::descriptor()->full_name(),
          PortalOptionsUpdated::descriptor()->full_name()};
}

absl::Status AccountEvents::Read(const events::Event& event, News& news) {
  AccountCreated created;
  AccountUpdated updated;
  AccountsMerged merged;
  SiteCreated site_created;
  SiteUpdated site_updated;
  AccountClassSaved account_class;
  DivisionSaved division;
  PortalOptionsUpdated options;
  const auto& data = event.data();
  const auto tell_account = [&](account::v1::Account& account) {
    if (!account.merged_into_id().empty()) {
      news.merges.emplace_back(account.id(), account.merged_into_id());
    }
    news.accounts.push_back(std::move(account));
  };
  if (data.UnpackTo(&created)) {
    tell_account(*created.mutable_account());
  } else if (data.UnpackTo(&updated)) {
    tell_account(*updated.mutable_account());
  } else if (data.UnpackTo(&merged)) {
    news.merges.emplace_back(merged.loser_id(), merged.winner().id());
    tell_account(*merged.mutable_winner());
  } else if (data.UnpackTo(&site_created)) {
    news.sites.push_back(std::move(*site_created.mutable_site()));
  } else if (data.UnpackTo(&site_updated)) {
    news.sites.push_back(std::move(*site_updated.mutable_site()));
  } else if (data.UnpackTo(&account_class)) {
    news.classes.push_back(std::move(*account_class.mutable_account_class()));
  } else if (data.UnpackTo(&division)) {
    news.divisions.push_back(std::move(*division.mutable_division()));
  } else if (data.UnpackTo(&options)) {
    news.options.push_back(std::move(*options.mutable_portal_options()));
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("event ", event.id(), ": got a payload that is no ", event.type()));
  }
  return absl::OkStatus();
}

absl::StatusOr<events::Effect> AccountEvents::Prepare(std::span<const events::Event> events) {
  const auto news = std::make_shared<News>();
  for (const events::Event& event : events) RETURN_IF_ERROR(Read(event, *news));
  // Shared, as an effect is copied about.
  return [this, news](storage::Session& session) { return Apply(session, *news); };
}

absl::Status AccountEvents::Apply(storage::Session& session, const News& news) const {
  for (const auto& one : news.classes) {
    RETURN_IF_ERROR(stores_.accounts.SaveClass(session, one));
  }
  for (const auto& one : news.divisions) {
    RETURN_IF_ERROR(stores_.accounts.SaveDivision(session, one));
  }
  for (const auto& options : news.options) {
    RETURN_IF_ERROR(stores_.accounts.SaveOptions(session, options));
  }
  RETURN_IF_ERROR(stores_.accounts.SaveAccounts(session, news.accounts));
  for (const auto& [loser, winner] : news.merges) {
    RETURN_IF_ERROR(stores_.accounts.Merge(session, loser, winner));
  }
  return stores_.accounts.SaveSites(session, news.sites);
}

}  // namespace portico::invitation

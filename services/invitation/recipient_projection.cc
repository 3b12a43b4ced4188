#include "services/invitation/recipient_projection.h"

#include <map>
#include <set>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/mail/address.h"
#include "services/invitation/segment.h"

namespace portico::invitation {

using storage::Session;

namespace {

constexpr absl::Duration kRest = absl::Seconds(5);  // A wake cuts it short.
constexpr int64_t kBatch = 500;                     // Keeps the transaction short.

template <class Map>
auto Find(const Map& map, const std::string& key) -> const typename Map::mapped_type* {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

absl::Duration RecipientProjection::RunOnce() {
  const absl::StatusOr<bool> more =
      database_.Write([this](Session& session) { return RefreshSome(session); });
  if (more.ok()) return *more ? absl::ZeroDuration() : kRest;
  log::Warn("recipients cannot be counted yet", {{"error", more.status().ToString()}});
  return kRest;
}

absl::StatusOr<bool> RecipientProjection::RefreshSome(Session& session) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, stores_.stale.Take(session, kBatch));
  if (ids.empty()) return false;
  RETURN_IF_ERROR(Refresh(session, ids));
  return true;
}

absl::Status RecipientProjection::Refresh(Session& session,
                                          const std::vector<std::string>& ids) const {
  ASSIGN_OR_RETURN(const auto recipients, stores_.recipients.FindAll(session, ids));
  std::set<std::string> account_ids, site_ids;
  std::vector<std::string> addresses;
  for (const auto& [id, recipient] : recipients) {
    account_ids.insert(recipient.account_id);
    if (!recipient.site_id.empty()) site_ids.insert(recipient.site_id);
    addresses.push_back(recipient.email);
  }
  ASSIGN_OR_RETURN(const auto accounts,
                   stores_.accounts.Find(session, std::vector<std::string>(account_ids.begin(),
                                                                           account_ids.end())));
  for (const auto& [id, account] : accounts) account_ids.insert(account.id());
  ASSIGN_OR_RETURN(const auto account_sources,
                   stores_.accounts.SourcesOfAccounts(
                       session, std::vector<std::string>(account_ids.begin(), account_ids.end())));
  ASSIGN_OR_RETURN(const auto site_sources,
                   stores_.accounts.SourcesOfSites(
                       session, std::vector<std::string>(site_ids.begin(), site_ids.end())));
  ASSIGN_OR_RETURN(const std::set<std::string> suppressed,
                   stores_.suppressions.Suppressed(session, addresses));
  ASSIGN_OR_RETURN(const std::set<std::string> invited,
                   stores_.invitations.WithUnrevoked(session, ids));

  std::vector<RecipientGroups::Placing> placings;
  for (const auto& [id, recipient] : recipients) {
    const account::v1::Account* account = Find(accounts, recipient.account_id);
    const std::string* sources =
        !recipient.site_id.empty() ? Find(site_sources, recipient.site_id)
        : account != nullptr       ? Find(account_sources, account->id())
                                   : nullptr;
    placings.push_back(
        {.contact_id = id,
         .segment = SegmentOf(recipient, account, sources == nullptr ? "" : *sources),
         .standing = StandingOf(recipient, account,
                                suppressed.contains(mail::AddressKey(recipient.email)),
                                invited.contains(id))});
  }
  return stores_.groups.Place(session, placings);
}

}  // namespace portico::invitation

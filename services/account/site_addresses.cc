#include "services/account/site_addresses.h"

#include <string>

#include "libs/base/status_macros.h"
#include "services/account/address_key.h"
#include "services/account/merge_moves.h"

namespace portico::account {
namespace {

constexpr int kMostFound = 100;
constexpr int kBatch = 500;
// Sites without keys come only while releases are exchanged.
constexpr absl::Duration kRest = absl::Minutes(1);

}  // namespace

absl::StatusOr<std::vector<v1::Site>> SiteAddresses::Find(const v1::Address& address) {
  const std::string key = AddressKey(address);
  if (key.empty()) return std::vector<v1::Site>();
  using Sites = std::vector<v1::Site>;
  ASSIGN_OR_RETURN(
      Sites found, stores_.database.Read([&](storage::Session& session) -> absl::StatusOr<Sites> {
        ASSIGN_OR_RETURN(
            Sites sites,
            stores_.sites.kind().table.List(
                session, "where address_key <> '' and address_key = :key order by id limit :limit",
                key, kMostFound));
        ASSIGN_OR_RETURN(const MergeMoves moves, MergeMoves::Read(session));
        for (v1::Site& site : sites) moves.Resolve(site);
        return sites;
      }));
  // One that a release without keys has moved meanwhile is elsewhere, and keys know no countries.
  std::erase_if(found,
                [&](const v1::Site& site) { return !IsSameAddress(site.address(), address); });
  return found;
}

absl::Duration SiteAddresses::Refresh() {
  const auto list = [this](storage::Session& session) {
    return stores_.sites.kind().table.List(
        session, "where address_key_etag <> etag order by id limit :limit", kBatch);
  };
  const auto some = stores_.database.ReadOne(list);
  if (!some.ok() || some->empty()) return kRest;
  const absl::Status status =
      stores_.database.Write([&](storage::Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(const std::vector<v1::Site> sites, list(session));
        return stores_.sites.kind().table.SaveAll(session, sites);
      });
  return status.ok() ? absl::ZeroDuration() : kRest;
}

}  // namespace portico::account

#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "libs/rpc/server.h"
#include "portico/account/v1/account.pb.h"

namespace portico::contact {

// Stands in for the account service (ServerOptions::is_stand_in): answers GetAccount, GetSite and
// the batches of both, and counts what it is asked. Filled before it is called.
class FakeAccountService {
 public:
  void Register(rpc::Server& server) {
    server.Handle(this, &FakeAccountService::GetAccount);
    server.Handle(this, &FakeAccountService::GetSite);
    server.Handle(this, &FakeAccountService::BatchGetAccounts);
    server.Handle(this, &FakeAccountService::BatchGetSites);
  }

  std::map<std::string, account::v1::Account> accounts;
  std::map<std::string, account::v1::Site> sites;
  // Sites by the accounts that were merged away, and the numbers that they had there.
  std::map<std::pair<std::string, std::string>, std::string> old_names;
  std::atomic<bool> away = false;
  std::atomic<int> questions = 0;

 private:
  absl::StatusOr<account::v1::GetAccountResponse> GetAccount(
      rpc::Call&, const account::v1::GetAccountRequest& request) {
    ++questions;
    if (away) return absl::UnavailableError("away");
    auto found = accounts.find(request.id());
    if (found == accounts.end()) return absl::NotFoundError("no such account");
    if (!found->second.merged_into_id().empty()) {
      found = accounts.find(found->second.merged_into_id());
    }
    account::v1::GetAccountResponse response;
    *response.mutable_account() = found->second;
    return response;
  }

  absl::StatusOr<account::v1::GetSiteResponse> GetSite(rpc::Call&,
                                                       const account::v1::GetSiteRequest& request) {
    ++questions;
    if (away) return absl::UnavailableError("away");
    const auto found = sites.find(request.id());
    if (found == sites.end() || found->second.account_id() != request.account_id()) {
      return absl::NotFoundError("no such site");
    }
    account::v1::GetSiteResponse response;
    *response.mutable_site() = found->second;
    return response;
  }

  // By ids and numbers.
  absl::StatusOr<account::v1::BatchGetAccountsResponse> BatchGetAccounts(
      rpc::Call&, const account::v1::BatchGetAccountsRequest& request) {
    ++questions;
    if (away) return absl::UnavailableError("away");
    account::v1::BatchGetAccountsResponse response;
    for (const auto& [id, account] : accounts) {
      const bool asked =
          std::ranges::find(request.ids(), id) != request.ids().end() ||
          std::ranges::find(request.numbers(), account.number()) != request.numbers().end();
      if (!asked) continue;
      *response.add_accounts() = account;
      const auto stays = accounts.find(account.merged_into_id());
      if (stays != accounts.end()) *response.add_accounts() = stays->second;
    }
    return response;
  }

  absl::StatusOr<account::v1::BatchGetSitesResponse> BatchGetSites(
      rpc::Call&, const account::v1::BatchGetSitesRequest& request) {
    ++questions;
    if (away) return absl::UnavailableError("away");
    account::v1::BatchGetSitesResponse response;
    std::set<std::string> ids(request.ids().begin(), request.ids().end());
    for (const account::v1::SiteName& name : request.names()) {
      // By its old name, which others may have by now.
      auto meant = old_names.find({name.account_id(), name.number()});
      std::string id = meant == old_names.end() ? "" : meant->second;
      for (const auto& [site_id, site] : sites) {
        if (site.account_id() == name.account_id() && site.number() == name.number()) id = site_id;
      }
      if (id.empty()) continue;
      ids.insert(id);
      *response.add_named()->mutable_name() = name;
      response.mutable_named(response.named_size() - 1)->set_site_id(id);
    }
    for (const std::string& id : ids) {
      if (sites.contains(id)) *response.add_sites() = sites[id];
    }
    return response;
  }
};

}  // namespace portico::contact

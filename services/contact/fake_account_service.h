#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <string>

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
    for (const auto& [id, site] : sites) {
      const bool named = std::ranges::any_of(request.names(), [&](const account::v1::SiteName& n) {
        return n.account_id() == site.account_id() && n.number() == site.number();
      });
      if (named || std::ranges::find(request.ids(), id) != request.ids().end()) {
        *response.add_sites() = site;
      }
    }
    return response;
  }
};

}  // namespace portico::contact

#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "libs/rpc/server.h"
#include "portico/account/v1/account.pb.h"

namespace portico::contact {

// Stands in for the account service: answers GetAccount, GetSite and BatchGetAccounts, and
// counts what it is asked. Filled before it is called.
class FakeAccountService {
 public:
  void Register(rpc::Server& server) {
    using namespace account::v1;
    server.Handle(this, &FakeAccountService::GetAccount);
    server.Handle(this, &FakeAccountService::GetSite);
    // A server must serve the whole of a service.
    server.Handle(this, &FakeAccountService::Never<CreateAccountRequest, CreateAccountResponse>);
    server.Handle(this, &FakeAccountService::BatchGetAccounts);
    server.Handle(this, &FakeAccountService::Never<ListAccountsRequest, ListAccountsResponse>);
    server.Handle(this, &FakeAccountService::Never<UpdateAccountRequest, UpdateAccountResponse>);
    server.Handle(this, &FakeAccountService::Never<CreateSiteRequest, CreateSiteResponse>);
    server.Handle(this, &FakeAccountService::Never<ListSitesRequest, ListSitesResponse>);
    server.Handle(this, &FakeAccountService::Never<UpdateSiteRequest, UpdateSiteResponse>);
    server.Handle(this, &FakeAccountService::Never<CreateAccountWithContactsRequest,
                                                   CreateAccountWithContactsResponse>);
    server.Handle(this,
                  &FakeAccountService::Never<FindSitesByAddressRequest, FindSitesByAddressResponse>);
    server.Handle(this, &FakeAccountService::Never<MergeAccountsRequest, MergeAccountsResponse>);
    server.HandleExchange<ImportAccountsRequest>(this, &FakeAccountService::NeverOpened);
    server.HandleExchange<ImportSitesRequest>(this, &FakeAccountService::NeverOpened);
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
    const auto found = accounts.find(request.id());
    if (found == accounts.end()) return absl::NotFoundError("no such account");
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
      if (!request.include_sites()) continue;
      for (const auto& [site_id, site] : sites) {
        if (site.account_id() == id) *response.add_sites() = site;
      }
    }
    return response;
  }

  template <class Request, class Response>
  absl::StatusOr<Response> Never(rpc::Call&, const Request&) {
    return absl::UnimplementedError("not asked by contacts");
  }

  absl::StatusOr<std::unique_ptr<rpc::Exchange>> NeverOpened(rpc::Call&) {
    return absl::UnimplementedError("not asked by contacts");
  }
};

}  // namespace portico::contact

#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "libs/base/clock.h"
#include "libs/rpc/server.h"
#include "portico/account/v1/account.pb.h"
#include "services/account/account_merge.h"
#include "services/account/account_with_contacts.h"
#include "services/account/site_addresses.h"
#include "services/account/stores.h"

namespace portico::account {

// Serves portico.account.v1.AccountService.
class AccountService {
 public:
  AccountService(Stores& stores, AccountWithContacts& with_contacts, AccountMerge& merge,
                 SiteAddresses& addresses, const Clock& clock)
      : stores_(stores),
        with_contacts_(with_contacts),
        merge_(merge),
        addresses_(addresses),
        clock_(clock) {}

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<v1::CreateAccountResponse> CreateAccount(rpc::Call& call,
                                                          const v1::CreateAccountRequest& request);
  absl::StatusOr<v1::GetAccountResponse> GetAccount(rpc::Call& call,
                                                    const v1::GetAccountRequest& request);
  absl::StatusOr<v1::BatchGetAccountsResponse> BatchGetAccounts(
      rpc::Call& call, const v1::BatchGetAccountsRequest& request);
  absl::StatusOr<v1::ListAccountsResponse> ListAccounts(rpc::Call& call,
                                                        const v1::ListAccountsRequest& request);
  absl::StatusOr<v1::UpdateAccountResponse> UpdateAccount(rpc::Call& call,
                                                          const v1::UpdateAccountRequest& request);
  absl::StatusOr<v1::CreateSiteResponse> CreateSite(rpc::Call& call,
                                                    const v1::CreateSiteRequest& request);
  absl::StatusOr<v1::GetSiteResponse> GetSite(rpc::Call& call, const v1::GetSiteRequest& request);
  absl::StatusOr<v1::BatchGetSitesResponse> BatchGetSites(rpc::Call& call,
                                                          const v1::BatchGetSitesRequest& request);
  absl::StatusOr<v1::ListSitesResponse> ListSites(rpc::Call& call,
                                                  const v1::ListSitesRequest& request);
  absl::StatusOr<v1::UpdateSiteResponse> UpdateSite(rpc::Call& call,
                                                    const v1::UpdateSiteRequest& request);

  absl::StatusOr<v1::CreateAccountWithContactsResponse> CreateAccountWithContacts(
      rpc::Call& call, const v1::CreateAccountWithContactsRequest& request);
  absl::StatusOr<v1::FindSitesByAddressResponse> FindSitesByAddress(
      rpc::Call& call, const v1::FindSitesByAddressRequest& request);
  absl::StatusOr<v1::MergeAccountsResponse> MergeAccounts(rpc::Call& call,
                                                          const v1::MergeAccountsRequest& request);
  absl::StatusOr<std::unique_ptr<rpc::Exchange>> ImportAccounts(rpc::Call& call);
  absl::StatusOr<std::unique_ptr<rpc::Exchange>> ImportSites(rpc::Call& call);

  struct FoundSite {
    v1::Site site;
    bool is_moving = false;  // Its account was merged, and it is not moved to the other one yet.
  };
  // For the id of an account that was merged, also a site of the other one.
  // NOT_FOUND: the account has no site with this id.
  absl::StatusOr<FoundSite> FindSite(const std::string& account_id, const std::string& id);

  Stores& stores_;
  AccountWithContacts& with_contacts_;
  AccountMerge& merge_;
  SiteAddresses& addresses_;
  const Clock& clock_;
};

}  // namespace portico::account

#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "libs/rpc/server.h"
#include "portico/account/v1/account.pb.h"
#include "services/account/stores.h"

namespace portico::account {

// Serves portico.account.v1.AccountService.
class AccountService {
 public:
  explicit AccountService(Stores& stores) : stores_(stores) {}

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
  absl::StatusOr<v1::ListSitesResponse> ListSites(rpc::Call& call,
                                                  const v1::ListSitesRequest& request);
  absl::StatusOr<v1::UpdateSiteResponse> UpdateSite(rpc::Call& call,
                                                    const v1::UpdateSiteRequest& request);

  // NOT_FOUND: the account has no site with this id.
  absl::StatusOr<v1::Site> FindSite(const std::string& account_id, const std::string& id);

  Stores& stores_;
};

}  // namespace portico::account

#include "services/account/account_service.h"

#include <absl/strings/str_cat.h>

#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"

namespace portico::account {
namespace {

template <class M>
void Append(std::vector<M> from, google::protobuf::RepeatedPtrField<M>& to) {
  for (M& one : from) to.Add(std::move(one));
}

}  // namespace

void AccountService::Register(rpc::Server& server) {
  server.Handle(this, &AccountService::CreateAccount);
  server.Handle(this, &AccountService::GetAccount);
  server.Handle(this, &AccountService::BatchGetAccounts);
  server.Handle(this, &AccountService::ListAccounts);
  server.Handle(this, &AccountService::UpdateAccount);
  server.Handle(this, &AccountService::CreateSite);
  server.Handle(this, &AccountService::GetSite);
  server.Handle(this, &AccountService::ListSites);
  server.Handle(this, &AccountService::UpdateSite);
}

absl::StatusOr<v1::CreateAccountResponse> AccountService::CreateAccount(
    rpc::Call&, const v1::CreateAccountRequest& request) {
  v1::CreateAccountResponse response;
  ASSIGN_OR_RETURN(*response.mutable_account(),
                   stores_.accounts.Create(request.account(), request.request_id()));
  return response;
}

absl::StatusOr<v1::GetAccountResponse> AccountService::GetAccount(
    rpc::Call&, const v1::GetAccountRequest& request) {
  v1::GetAccountResponse response;
  ASSIGN_OR_RETURN(*response.mutable_account(), stores_.accounts.Get(request.id()));
  return response;
}

absl::StatusOr<v1::BatchGetAccountsResponse> AccountService::BatchGetAccounts(
    rpc::Call&, const v1::BatchGetAccountsRequest& request) {
  using Response = v1::BatchGetAccountsResponse;
  return stores_.database.Read([&](storage::Session& session) -> absl::StatusOr<Response> {
    Response response;
    ASSIGN_OR_RETURN(auto accounts, stores_.accounts.GetAll(
                                        session, {request.ids().begin(), request.ids().end()}));
    Append(std::move(accounts), *response.mutable_accounts());
    if (!request.include_setup()) return response;

    std::vector<std::string> class_ids, division_ids;
    for (const v1::Account& account : response.accounts()) {
      class_ids.push_back(account.account_class_id());
      division_ids.push_back(account.division_id());
    }
    ASSIGN_OR_RETURN(auto classes, stores_.account_classes.GetAll(session, class_ids));
    Append(std::move(classes), *response.mutable_account_classes());
    ASSIGN_OR_RETURN(auto divisions, stores_.divisions.GetAll(session, division_ids));
    Append(std::move(divisions), *response.mutable_divisions());
    ASSIGN_OR_RETURN(*response.mutable_portal_options(), stores_.portal_options.Get(session));
    return response;
  });
}

absl::StatusOr<v1::ListAccountsResponse> AccountService::ListAccounts(
    rpc::Call&, const v1::ListAccountsRequest& request) {
  storage::PageQuery query("accounts");
  query.Where("number = :number", request.number())
      .Where("division_id = :division_id", request.division_id())
      .Where("account_class_id = :account_class_id", request.account_class_id());
  ASSIGN_OR_RETURN(auto page, stores_.accounts.List(query, request));
  v1::ListAccountsResponse response;
  Append(std::move(page.rows), *response.mutable_accounts());
  response.set_next_page_token(page.next_page_token);
  return response;
}

absl::StatusOr<v1::UpdateAccountResponse> AccountService::UpdateAccount(
    rpc::Call&, const v1::UpdateAccountRequest& request) {
  v1::UpdateAccountResponse response;
  ASSIGN_OR_RETURN(*response.mutable_account(),
                   stores_.accounts.Update(request.account(), request.update_mask()));
  return response;
}

absl::StatusOr<v1::CreateSiteResponse> AccountService::CreateSite(
    rpc::Call&, const v1::CreateSiteRequest& request) {
  // Accounts are never deleted, so this holds until the site is stored.
  RETURN_IF_ERROR(stores_.accounts.Get(request.site().account_id()).status());
  v1::CreateSiteResponse response;
  ASSIGN_OR_RETURN(*response.mutable_site(),
                   stores_.sites.Create(request.site(), request.request_id()));
  return response;
}

absl::StatusOr<v1::GetSiteResponse> AccountService::GetSite(rpc::Call&,
                                                            const v1::GetSiteRequest& request) {
  v1::GetSiteResponse response;
  ASSIGN_OR_RETURN(*response.mutable_site(), FindSite(request.account_id(), request.id()));
  return response;
}

absl::StatusOr<v1::ListSitesResponse> AccountService::ListSites(
    rpc::Call&, const v1::ListSitesRequest& request) {
  storage::PageQuery query("sites");
  query.Where("account_id = :account_id", request.account_id());
  ASSIGN_OR_RETURN(auto page, stores_.sites.List(query, request));
  if (page.rows.empty()) {
    RETURN_IF_ERROR(stores_.accounts.Get(request.account_id()).status());
  }
  v1::ListSitesResponse response;
  Append(std::move(page.rows), *response.mutable_sites());
  response.set_next_page_token(page.next_page_token);
  return response;
}

absl::StatusOr<v1::UpdateSiteResponse> AccountService::UpdateSite(
    rpc::Call&, const v1::UpdateSiteRequest& request) {
  // With this the account that the request names is the site's own, so that the
  // update cannot change it.
  RETURN_IF_ERROR(FindSite(request.site().account_id(), request.site().id()).status());
  v1::UpdateSiteResponse response;
  ASSIGN_OR_RETURN(*response.mutable_site(),
                   stores_.sites.Update(request.site(), request.update_mask()));
  return response;
}

absl::StatusOr<v1::Site> AccountService::FindSite(const std::string& account_id,
                                                  const std::string& id) {
  ASSIGN_OR_RETURN(v1::Site site, stores_.sites.Get(id));
  if (site.account_id() != account_id) {
    return absl::NotFoundError(absl::StrCat("site: got the id ", rpc::Quoted(id),
                                            ", want a site of the account ",
                                            rpc::Quoted(account_id)));
  }
  return site;
}

}  // namespace portico::account

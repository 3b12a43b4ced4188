#include "services/account/account_service.h"

#include <absl/strings/str_cat.h>

#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "services/account/import_stream.h"
#include "services/account/merge_moves.h"
#include "services/account/merged_accounts.h"
#include "services/account/site_names.h"

namespace portico::account {
namespace {

template <class M>
void Append(std::vector<M> from, google::protobuf::RepeatedPtrField<M>& to) {
  for (M& one : from) to.Add(std::move(one));
}

// The accounts that the request names, each once, and those that they were merged into.
absl::StatusOr<std::vector<v1::Account>> FindAll(storage::Session& session,
                                                 const ResourceStore<v1::Account>& store,
                                                 const v1::BatchGetAccountsRequest& request) {
  std::vector<v1::Account> found;
  std::set<std::string> found_ids;
  const auto add = [&](std::string_view field,
                       const std::vector<std::string>& values) -> absl::Status {
    ASSIGN_OR_RETURN(std::vector<v1::Account> some, store.GetAll(session, field, values));
    for (v1::Account& account : some) {
      if (found_ids.insert(account.id()).second) found.push_back(std::move(account));
    }
    return absl::OkStatus();
  };
  const auto vector_of = [](const auto& texts) {
    return std::vector<std::string>(texts.begin(), texts.end());
  };
  RETURN_IF_ERROR(add("id", vector_of(request.ids())));
  RETURN_IF_ERROR(add("number", vector_of(request.numbers())));
  RETURN_IF_ERROR(add("external_id", vector_of(request.external_ids())));
  std::vector<std::string> merged_into;
  for (const v1::Account& account : found) {
    if (!account.merged_into_id().empty()) merged_into.push_back(account.merged_into_id());
  }
  RETURN_IF_ERROR(add("id", merged_into));
  return found;
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
  server.Handle(this, &AccountService::BatchGetSites);
  server.Handle(this, &AccountService::ListSites);
  server.Handle(this, &AccountService::UpdateSite);
  server.Handle(this, &AccountService::CreateAccountWithContacts);
  server.Handle(this, &AccountService::FindSitesByAddress);
  server.Handle(this, &AccountService::MergeAccounts);
  server.HandleExchange<v1::ImportAccountsRequest>(this, &AccountService::ImportAccounts);
  server.HandleExchange<v1::ImportSitesRequest>(this, &AccountService::ImportSites);
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
    ASSIGN_OR_RETURN(auto accounts, FindAll(session, stores_.accounts, request));
    Append(std::move(accounts), *response.mutable_accounts());
    std::vector<std::string> class_ids, division_ids;
    for (const v1::Account& account : response.accounts()) {
      class_ids.push_back(account.account_class_id());
      division_ids.push_back(account.division_id());
    }
    if (!request.include_setup()) return response;

    ASSIGN_OR_RETURN(auto classes, stores_.account_classes.GetAll(session, "id", class_ids));
    Append(std::move(classes), *response.mutable_account_classes());
    ASSIGN_OR_RETURN(auto divisions, stores_.divisions.GetAll(session, "id", division_ids));
    Append(std::move(divisions), *response.mutable_divisions());
    ASSIGN_OR_RETURN(*response.mutable_portal_options(), stores_.portal_options.Get(session));
    return response;
  });
}

absl::StatusOr<v1::ListAccountsResponse> AccountService::ListAccounts(
    rpc::Call&, const v1::ListAccountsRequest& request) {
  storage::PageQuery query("accounts");
  query.Narrow({"merged_into_id = ''", {}})
      .Where(kOfNumber, request.number())
      .Where(kOfExternalId, request.external_id())
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
  v1::CreateSiteResponse response;
  ASSIGN_OR_RETURN(*response.mutable_site(),
                   stores_.sites.Create(request.site(), request.request_id()));
  return response;
}

absl::StatusOr<v1::GetSiteResponse> AccountService::GetSite(rpc::Call&,
                                                            const v1::GetSiteRequest& request) {
  v1::GetSiteResponse response;
  ASSIGN_OR_RETURN(FoundSite found, FindSite(request.account_id(), request.id()));
  *response.mutable_site() = std::move(found.site);
  return response;
}

absl::StatusOr<v1::BatchGetSitesResponse> AccountService::BatchGetSites(
    rpc::Call&, const v1::BatchGetSitesRequest& request) {
  std::vector<storage::TextPair> names;
  for (const v1::SiteName& name : request.names()) {
    names.emplace_back(name.account_id(), name.number());
  }
  return stores_.database.Read(
      [&](storage::Session& session) -> absl::StatusOr<v1::BatchGetSitesResponse> {
        ASSIGN_OR_RETURN(const auto named, SitesByName(session, names));
        std::set<std::string> ids(request.ids().begin(), request.ids().end());
        v1::BatchGetSitesResponse response;
        for (const auto& [name, id] : named) {
          ids.insert(id);
          v1::NamedSite& answer = *response.add_named();
          answer.mutable_name()->set_account_id(name.first);
          answer.mutable_name()->set_number(name.second);
          answer.set_site_id(id);
        }
        ASSIGN_OR_RETURN(
            std::vector<v1::Site> sites,
            stores_.sites.GetAll(session, "id", std::vector<std::string>(ids.begin(), ids.end())));
        ASSIGN_OR_RETURN(const MergeMoves moves, MergeMoves::Read(session));
        for (v1::Site& site : sites) moves.Resolve(site);
        Append(std::move(sites), *response.mutable_sites());
        return response;
      });
}

absl::StatusOr<v1::ListSitesResponse> AccountService::ListSites(
    rpc::Call&, const v1::ListSitesRequest& request) {
  using Response = v1::ListSitesResponse;
  return stores_.database.Read([&](storage::Session& session) -> absl::StatusOr<Response> {
    ASSIGN_OR_RETURN(const MergeMoves moves, MergeMoves::Read(session));
    storage::PageQuery query(absl::StrCat("sites of ", request.account_id()));
    ASSIGN_OR_RETURN(auto of_account, moves.OfAccount(session, request.account_id()));
    query.Narrow(std::move(of_account));
    ASSIGN_OR_RETURN(auto page, stores_.sites.List(session, query, request));
    if (page.rows.empty()) {
      RETURN_IF_ERROR(stores_.accounts.Get(session, request.account_id()).status());
    }
    for (v1::Site& site : page.rows) moves.Resolve(site);
    Response response;
    Append(std::move(page.rows), *response.mutable_sites());
    response.set_next_page_token(page.next_page_token);
    return response;
  });
}

absl::StatusOr<v1::UpdateSiteResponse> AccountService::UpdateSite(
    rpc::Call&, const v1::UpdateSiteRequest& request) {
  // With this the account that the request names is the site's own, so that the
  // update cannot change it.
  ASSIGN_OR_RETURN(const FoundSite found,
                   FindSite(request.site().account_id(), request.site().id()));
  const std::string& account_id = found.site.account_id();
  if (account_id != request.site().account_id()) {
    return RefuseMerged("site.account_id", request.site().account_id(), account_id);
  }
  v1::Site patch = request.site();
  if (found.is_moving) {
    RETURN_IF_ERROR(rpc::CheckEtag("site.etag", patch.etag(), found.site.etag()));
    RETURN_IF_ERROR(merge_.MoveSite(found.site.id()));
    if (!patch.etag().empty()) patch.set_etag(rpc::NextEtag(patch.etag()));
  }
  v1::UpdateSiteResponse response;
  ASSIGN_OR_RETURN(*response.mutable_site(), stores_.sites.Update(patch, request.update_mask()));
  return response;
}

absl::StatusOr<AccountService::FoundSite> AccountService::FindSite(const std::string& account_id,
                                                                   const std::string& id) {
  return stores_.database.Read([&](storage::Session& session) -> absl::StatusOr<FoundSite> {
    FoundSite found;
    ASSIGN_OR_RETURN(found.site, stores_.sites.Get(session, id));
    ASSIGN_OR_RETURN(const MergeMoves moves, MergeMoves::Read(session));
    const std::string kept_with = found.site.account_id();
    moves.Resolve(found.site);
    found.is_moving = found.site.account_id() != kept_with;
    if (found.site.account_id() == account_id) return found;
    const auto account = stores_.accounts.Get(session, account_id);
    const bool is_none = absl::IsNotFound(account.status());
    if (is_none || (account.ok() && account->id() != found.site.account_id())) {
      return absl::NotFoundError(absl::StrCat("site: got the id ", rpc::Quoted(id),
                                              ", want a site of the account ",
                                              rpc::Quoted(account_id)));
    }
    RETURN_IF_ERROR(account.status());
    return found;
  });
}

absl::StatusOr<v1::CreateAccountWithContactsResponse> AccountService::CreateAccountWithContacts(
    rpc::Call& call, const v1::CreateAccountWithContactsRequest& request) {
  return with_contacts_.Create(request, call.caller.subject);
}

absl::StatusOr<v1::FindSitesByAddressResponse> AccountService::FindSitesByAddress(
    rpc::Call&, const v1::FindSitesByAddressRequest& request) {
  v1::FindSitesByAddressResponse response;
  ASSIGN_OR_RETURN(auto sites, addresses_.Find(request.address()));
  Append(std::move(sites), *response.mutable_sites());
  return response;
}

absl::StatusOr<v1::MergeAccountsResponse> AccountService::MergeAccounts(
    rpc::Call&, const v1::MergeAccountsRequest& request) {
  v1::MergeAccountsResponse response;
  ASSIGN_OR_RETURN(*response.mutable_account(), merge_.Merge(request));
  return response;
}

absl::StatusOr<std::unique_ptr<rpc::Exchange>> AccountService::ImportAccounts(rpc::Call&) {
  return NewImport<v1::ImportAccountsRequest, v1::ImportAccountsResponse>(
      stores_.database, stores_.accounts, clock_,
      {{"division", "division_id"},
       {"account_class", "account_class_id"},
       {"bill_group", "bill_group_id"},
       {"account_source", "account_source_id"}});
}

absl::StatusOr<std::unique_ptr<rpc::Exchange>> AccountService::ImportSites(rpc::Call&) {
  return NewImport<v1::ImportSitesRequest, v1::ImportSitesResponse>(
      stores_.database, stores_.sites, clock_, {{"site_source", "site_source_id"}});
}

}  // namespace portico::account

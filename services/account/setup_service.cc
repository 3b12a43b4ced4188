#include "services/account/setup_service.h"

#include "libs/base/status_macros.h"
#include "services/account/held_resource.h"

namespace portico::account {

class SetupService::KindHandlers {
 public:
  virtual ~KindHandlers() = default;
  virtual void Register(rpc::Server& server) = 0;
};

namespace {

// The RPCs differ from kind to kind in their messages only.
template <class M, class CreateRequest, class CreateResponse, class GetRequest, class GetResponse,
          class ListRequest, class ListResponse, class UpdateRequest, class UpdateResponse>
class HandlersOf : public SetupService::KindHandlers {
 public:
  explicit HandlersOf(ResourceStore<M>& store) : store_(store) {}

  void Register(rpc::Server& server) override {
    server.Handle(this, &HandlersOf::Create);
    server.Handle(this, &HandlersOf::Get);
    server.Handle(this, &HandlersOf::List);
    server.Handle(this, &HandlersOf::Update);
  }

 private:
  absl::StatusOr<CreateResponse> Create(rpc::Call&, const CreateRequest& request) {
    return Answer<CreateResponse>(store_.Create(HeldIn<M>(request), request.request_id()));
  }

  absl::StatusOr<GetResponse> Get(rpc::Call&, const GetRequest& request) {
    return Answer<GetResponse>(store_.Get(request.id()));
  }

  absl::StatusOr<ListResponse> List(rpc::Call&, const ListRequest& request) {
    ASSIGN_OR_RETURN(const auto page,
                     store_.List(storage::PageQuery(M::descriptor()->name()), request));
    ListResponse response;
    for (const M& resource : page.rows) Hold(resource, response);
    response.set_next_page_token(page.next_page_token);
    return response;
  }

  absl::StatusOr<UpdateResponse> Update(rpc::Call&, const UpdateRequest& request) {
    return Answer<UpdateResponse>(store_.Update(HeldIn<M>(request), request.update_mask()));
  }

  template <class Response>
  static absl::StatusOr<Response> Answer(const absl::StatusOr<M>& resource) {
    if (!resource.ok()) return resource.status();
    Response response;
    Hold(*resource, response);
    return response;
  }

  ResourceStore<M>& store_;
};

}  // namespace

SetupService::SetupService(Stores& stores) : portal_options_(stores.portal_options) {
  kinds_.push_back(
      std::make_unique<HandlersOf<
          v1::Division, v1::CreateDivisionRequest, v1::CreateDivisionResponse,
          v1::GetDivisionRequest, v1::GetDivisionResponse, v1::ListDivisionsRequest,
          v1::ListDivisionsResponse, v1::UpdateDivisionRequest, v1::UpdateDivisionResponse>>(
          stores.divisions));
  kinds_.push_back(
      std::make_unique<HandlersOf<v1::AccountClass, v1::CreateAccountClassRequest,
                                  v1::CreateAccountClassResponse, v1::GetAccountClassRequest,
                                  v1::GetAccountClassResponse, v1::ListAccountClassesRequest,
                                  v1::ListAccountClassesResponse, v1::UpdateAccountClassRequest,
                                  v1::UpdateAccountClassResponse>>(stores.account_classes));
  kinds_.push_back(
      std::make_unique<HandlersOf<
          v1::BillGroup, v1::CreateBillGroupRequest, v1::CreateBillGroupResponse,
          v1::GetBillGroupRequest, v1::GetBillGroupResponse, v1::ListBillGroupsRequest,
          v1::ListBillGroupsResponse, v1::UpdateBillGroupRequest, v1::UpdateBillGroupResponse>>(
          stores.bill_groups));
  kinds_.push_back(
      std::make_unique<HandlersOf<v1::AccountSource, v1::CreateAccountSourceRequest,
                                  v1::CreateAccountSourceResponse, v1::GetAccountSourceRequest,
                                  v1::GetAccountSourceResponse, v1::ListAccountSourcesRequest,
                                  v1::ListAccountSourcesResponse, v1::UpdateAccountSourceRequest,
                                  v1::UpdateAccountSourceResponse>>(stores.account_sources));
  kinds_.push_back(
      std::make_unique<HandlersOf<
          v1::SiteSource, v1::CreateSiteSourceRequest, v1::CreateSiteSourceResponse,
          v1::GetSiteSourceRequest, v1::GetSiteSourceResponse, v1::ListSiteSourcesRequest,
          v1::ListSiteSourcesResponse, v1::UpdateSiteSourceRequest, v1::UpdateSiteSourceResponse>>(
          stores.site_sources));
}

SetupService::~SetupService() = default;

void SetupService::Register(rpc::Server& server) {
  for (const auto& kind : kinds_) kind->Register(server);
  server.Handle(this, &SetupService::GetPortalOptions);
  server.Handle(this, &SetupService::UpdatePortalOptions);
}

absl::StatusOr<v1::GetPortalOptionsResponse> SetupService::GetPortalOptions(
    rpc::Call&, const v1::GetPortalOptionsRequest&) {
  v1::GetPortalOptionsResponse response;
  ASSIGN_OR_RETURN(*response.mutable_portal_options(), portal_options_.Get());
  return response;
}

absl::StatusOr<v1::UpdatePortalOptionsResponse> SetupService::UpdatePortalOptions(
    rpc::Call&, const v1::UpdatePortalOptionsRequest& request) {
  v1::UpdatePortalOptionsResponse response;
  ASSIGN_OR_RETURN(*response.mutable_portal_options(),
                   portal_options_.Update(request.portal_options(), request.update_mask()));
  return response;
}

}  // namespace portico::account

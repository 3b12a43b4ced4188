#include "services/contact/saved_view_service.h"

#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "services/contact/contact_list.h"

namespace portico::contact {

void SavedViewService::Register(rpc::Server& server) {
  server.Handle(this, &SavedViewService::CreateSavedView);
  server.Handle(this, &SavedViewService::ListSavedViews);
  server.Handle(this, &SavedViewService::DeleteSavedView);
}

absl::StatusOr<v1::CreateSavedViewResponse> SavedViewService::CreateSavedView(
    rpc::Call& call, const v1::CreateSavedViewRequest& request) {
  RETURN_IF_ERROR(ContactList::Check("saved_view", request.saved_view()));
  v1::CreateSavedViewResponse response;
  ASSIGN_OR_RETURN(*response.mutable_saved_view(),
                   views_.Create(request.saved_view(), call.caller.subject, request.request_id()));
  return response;
}

absl::StatusOr<v1::ListSavedViewsResponse> SavedViewService::ListSavedViews(
    rpc::Call& call, const v1::ListSavedViewsRequest&) {
  ASSIGN_OR_RETURN(std::vector<v1::SavedView> views, views_.List(call.caller.subject));
  v1::ListSavedViewsResponse response;
  for (v1::SavedView& view : views) *response.add_saved_views() = std::move(view);
  return response;
}

absl::StatusOr<v1::DeleteSavedViewResponse> SavedViewService::DeleteSavedView(
    rpc::Call& call, const v1::DeleteSavedViewRequest& request) {
  const bool may_delete_shared =
      call.caller.permissions != nullptr && call.caller.permissions->contains("contacts.write");
  RETURN_IF_ERROR(views_.Delete(request.id(), call.caller.subject, may_delete_shared));
  return v1::DeleteSavedViewResponse();
}

}  // namespace portico::contact

#pragma once

#include <absl/status/statusor.h>

#include "libs/rpc/server.h"
#include "portico/contact/v1/contact_service.pb.h"
#include "services/contact/saved_view_store.h"

namespace portico::contact {

// Serves the RPCs of saved views of portico.contact.v1.ContactService.
class SavedViewService {
 public:
  explicit SavedViewService(SavedViewStore& views) : views_(views) {}

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<v1::CreateSavedViewResponse> CreateSavedView(
      rpc::Call& call, const v1::CreateSavedViewRequest& request);
  absl::StatusOr<v1::ListSavedViewsResponse> ListSavedViews(
      rpc::Call& call, const v1::ListSavedViewsRequest& request);
  absl::StatusOr<v1::DeleteSavedViewResponse> DeleteSavedView(
      rpc::Call& call, const v1::DeleteSavedViewRequest& request);

  SavedViewStore& views_;
};

}  // namespace portico::contact

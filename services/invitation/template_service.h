#pragma once

#include <absl/status/statusor.h>

#include "libs/rpc/server.h"
#include "libs/storage/database.h"
#include "libs/storage/request_log.h"
#include "services/invitation/template_preview.h"
#include "services/invitation/template_store.h"

namespace portico::invitation {

// Serves portico.invitation.v1.TemplateService.
class TemplateService {
 public:
  TemplateService(storage::Database& database, const TemplateStore& templates,
                  TemplatePreview& preview, const Clock& clock)
      : database_(database),
        templates_(templates),
        preview_(preview),
        clock_(clock),
        requests_(clock) {}

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<v1::CreateTemplateResponse> CreateTemplate(
      rpc::Call& call, const v1::CreateTemplateRequest& request);
  absl::StatusOr<v1::GetTemplateResponse> GetTemplate(rpc::Call& call,
                                                      const v1::GetTemplateRequest& request);
  absl::StatusOr<v1::ListTemplatesResponse> ListTemplates(rpc::Call& call,
                                                          const v1::ListTemplatesRequest& request);
  absl::StatusOr<v1::UpdateTemplateResponse> UpdateTemplate(
      rpc::Call& call, const v1::UpdateTemplateRequest& request);
  absl::StatusOr<v1::DeleteTemplateResponse> DeleteTemplate(
      rpc::Call& call, const v1::DeleteTemplateRequest& request);
  absl::StatusOr<v1::PreviewTemplateResponse> PreviewTemplate(
      rpc::Call& call, const v1::PreviewTemplateRequest& request);
  absl::StatusOr<v1::SendTestMessageResponse> SendTestMessage(
      rpc::Call& call, const v1::SendTestMessageRequest& request);

  absl::StatusOr<Template> FindOrError(storage::Session& session, const std::string& id) const;

  storage::Database& database_;
  const TemplateStore& templates_;
  TemplatePreview& preview_;
  const Clock& clock_;
  const storage::RequestLog requests_;
};

}  // namespace portico::invitation

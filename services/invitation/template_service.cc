#include "services/invitation/template_service.h"

#include <absl/strings/str_cat.h>

#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "services/invitation/default_template.h"

namespace portico::invitation {

using storage::Session;

namespace {

constexpr char kCreateTemplate[] = "CreateTemplate";

absl::Status Check(const Template& text) {
  rpc::FieldErrors errors;
  if (!v1::TemplateKind_IsValid(text.kind())) {
    errors.Add("template.kind",
               absl::StrCat("got ", text.kind(), ", want TEMPLATE_KIND_INVITATION"));
  }
  if (text.id() == kDefaultTemplateId && !text.division_ids().empty()) {
    errors.Add("template.division_ids",
               "got divisions, want none: this is the template for all that have no other");
  }
  CheckTexts(text, errors);
  return errors.ToStatus();
}

}  // namespace

void TemplateService::Register(rpc::Server& server) {
  server.Handle(this, &TemplateService::CreateTemplate);
  server.Handle(this, &TemplateService::GetTemplate);
  server.Handle(this, &TemplateService::ListTemplates);
  server.Handle(this, &TemplateService::UpdateTemplate);
}

absl::StatusOr<v1::CreateTemplateResponse> TemplateService::CreateTemplate(
    rpc::Call&, const v1::CreateTemplateRequest& request) {
  RETURN_IF_ERROR(Check(request.template_()));
  const std::string fingerprint = storage::Fingerprint(request);
  const std::string new_id = NewId(IdKind::kTemplate, clock_.Now());
  v1::CreateTemplateResponse response;
  ASSIGN_OR_RETURN(*response.mutable_template_(),
                   database_.Write([&](Session& session) -> absl::StatusOr<Template> {
                     ASSIGN_OR_RETURN(const std::optional<std::string> made,
                                      requests_.Claim(session, kCreateTemplate,
                                                      request.request_id(), fingerprint, new_id));
                     if (made.has_value()) return FindOrError(session, *made);
                     Template text = request.template_();
                     text.set_id(new_id);
                     RETURN_IF_ERROR(templates_.Insert(session, text));
                     return text;
                   }));
  return response;
}

absl::StatusOr<v1::GetTemplateResponse> TemplateService::GetTemplate(
    rpc::Call&, const v1::GetTemplateRequest& request) {
  v1::GetTemplateResponse response;
  ASSIGN_OR_RETURN(*response.mutable_template_(), database_.Read([&](Session& session) {
    return FindOrError(session, request.id());
  }));
  return response;
}

absl::StatusOr<v1::ListTemplatesResponse> TemplateService::ListTemplates(
    rpc::Call&, const v1::ListTemplatesRequest& request) {
  return database_.Read([&](Session& session) { return templates_.List(session, request); });
}

absl::StatusOr<v1::UpdateTemplateResponse> TemplateService::UpdateTemplate(
    rpc::Call&, const v1::UpdateTemplateRequest& request) {
  v1::UpdateTemplateResponse response;
  ASSIGN_OR_RETURN(*response.mutable_template_(), database_.Write([&](Session& session)
                                                                      -> absl::StatusOr<Template> {
    ASSIGN_OR_RETURN(const Template before, FindOrError(session, request.template_().id()));
    Template text = before;
    RETURN_IF_ERROR(rpc::ApplyUpdate("template", request.template_(), request.update_mask(), text));
    RETURN_IF_ERROR(Check(text));
    RETURN_IF_ERROR(templates_.Update(session, before, text));
    return text;
  }));
  return response;
}

absl::StatusOr<Template> TemplateService::FindOrError(Session& session,
                                                      const std::string& id) const {
  ASSIGN_OR_RETURN(const std::optional<Template> found, templates_.Find(session, id));
  if (found.has_value()) return *found;
  return absl::NotFoundError(
      absl::StrCat("got template ", rpc::Quoted(id), ", which does not exist"));
}

}  // namespace portico::invitation

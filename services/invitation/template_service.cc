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

// What mail may hold of the template, or what is wrong with it.
absl::StatusOr<Template> Checked(Template text) {
  rpc::FieldErrors errors;
  CheckTemplate(text, errors);
  if (IsDefaultTemplate(text.id()) && !text.division_ids().empty()) {
    errors.Add("template.division_ids",
               "got divisions, want none: this is the template for all that have no other");
  }
  if (IsDefaultTemplate(text.id()) && text.id() != DefaultTemplateId(text.kind())) {
    errors.Add("template.kind",
               absl::StrCat("got ", static_cast<int>(text.kind()),
                            ", want no other than it had: this is the template for all of those"));
  }
  RETURN_IF_ERROR(errors.ToStatus());
  return text;
}

}  // namespace

void TemplateService::Register(rpc::Server& server) {
  server.Handle(this, &TemplateService::CreateTemplate);
  server.Handle(this, &TemplateService::GetTemplate);
  server.Handle(this, &TemplateService::ListTemplates);
  server.Handle(this, &TemplateService::UpdateTemplate);
  server.Handle(this, &TemplateService::DeleteTemplate);
  server.Handle(this, &TemplateService::PreviewTemplate);
  server.Handle(this, &TemplateService::SendTestMessage);
}

absl::StatusOr<v1::CreateTemplateResponse> TemplateService::CreateTemplate(
    rpc::Call&, const v1::CreateTemplateRequest& request) {
  ASSIGN_OR_RETURN(const Template checked, Checked(request.template_()));
  const std::string fingerprint = storage::Fingerprint(request);
  const std::string new_id = NewId(IdKind::kTemplate, clock_.Now());
  v1::CreateTemplateResponse response;
  ASSIGN_OR_RETURN(*response.mutable_template_(),
                   database_.Write([&](Session& session) -> absl::StatusOr<Template> {
                     ASSIGN_OR_RETURN(const std::optional<std::string> made,
                                      requests_.Claim(session, kCreateTemplate,
                                                      request.request_id(), fingerprint, new_id));
                     if (made.has_value()) return FindOrError(session, *made);
                     Template text = checked;
                     text.set_id(new_id);
                     RETURN_IF_ERROR(templates_.Insert(session, text));
                     return text;
                   }));
  *response.mutable_template_()->mutable_removed() = checked.removed();
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
    ASSIGN_OR_RETURN(text, Checked(std::move(text)));
    RETURN_IF_ERROR(templates_.Update(session, before, text));
    return text;
  }));
  return response;
}

absl::StatusOr<v1::DeleteTemplateResponse> TemplateService::DeleteTemplate(
    rpc::Call&, const v1::DeleteTemplateRequest& request) {
  const absl::Status deleted = database_.Write([&](Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const Template text, FindOrError(session, request.id()));
    RETURN_IF_ERROR(rpc::CheckEtag("etag", request.etag(), text.etag()));
    if (IsDefaultTemplate(request.id())) {
      return rpc::ErrorWithReason(
          absl::StatusCode::kFailedPrecondition, "TEMPLATE_BUILT_IN",
          "the template is the one for all mails that have no other; it can only be changed");
    }
    return templates_.Delete(session, request.id()).status();
  });
  RETURN_IF_ERROR(deleted);
  return v1::DeleteTemplateResponse();
}

absl::StatusOr<v1::PreviewTemplateResponse> TemplateService::PreviewTemplate(
    rpc::Call&, const v1::PreviewTemplateRequest& request) {
  return preview_.Show(request);
}

absl::StatusOr<v1::SendTestMessageResponse> TemplateService::SendTestMessage(
    rpc::Call&, const v1::SendTestMessageRequest& request) {
  v1::SendTestMessageResponse response;
  ASSIGN_OR_RETURN(*response.mutable_message(), preview_.SendTest(request));
  return response;
}

absl::StatusOr<Template> TemplateService::FindOrError(Session& session,
                                                      const std::string& id) const {
  ASSIGN_OR_RETURN(const std::optional<Template> found, templates_.Find(session, id));
  if (found.has_value()) return *found;
  return NoSuchTemplate(id);
}

}  // namespace portico::invitation

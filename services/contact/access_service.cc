#include "services/contact/access_service.h"

#include <absl/strings/str_cat.h>

#include <string>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"

namespace portico::contact {
namespace {

absl::Status CheckSubject(const std::string& field, const v1::AccessQuestion& question) {
  if (question.subject_case() != v1::AccessQuestion::SUBJECT_NOT_SET) return absl::OkStatus();
  return rpc::InvalidField(field, "got nobody, want a contact_id or a portal_user_id");
}

}  // namespace

void AccessService::Register(rpc::Server& server) {
  server.Handle(this, &AccessService::CheckAccess);
  server.Handle(this, &AccessService::BatchCheckAccess);
}

absl::StatusOr<v1::CheckAccessResponse> AccessService::CheckAccess(
    rpc::Call&, const v1::CheckAccessRequest& request) {
  RETURN_IF_ERROR(CheckSubject("question", request.question()));
  return access_.Check(request.question());
}

absl::StatusOr<v1::BatchCheckAccessResponse> AccessService::BatchCheckAccess(
    rpc::Call&, const v1::BatchCheckAccessRequest& request) {
  for (int i = 0; i < request.questions_size(); ++i) {
    RETURN_IF_ERROR(CheckSubject(absl::StrCat("questions[", i, "]"), request.questions(i)));
  }
  return access_.CheckAll(request);
}

}  // namespace portico::contact

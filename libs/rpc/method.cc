#include "libs/rpc/method.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <google/protobuf/descriptor_database.h>

#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "portico/options/v1/options.pb.h"

namespace portico::rpc {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
namespace options = portico::options::v1;

const MethodDescriptor* MethodOf(const google::protobuf::Descriptor& request) {
  const google::protobuf::FileDescriptor& file = *request.file();
  for (int s = 0; s < file.service_count(); ++s) {
    for (int m = 0; m < file.service(s)->method_count(); ++m) {
      const MethodDescriptor* method = file.service(s)->method(m);
      if (method->input_type() == &request) return method;
    }
  }
  return nullptr;
}

std::string PathOf(const MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

absl::StatusOr<auth::AccessRule> AccessOf(const MethodDescriptor& method) {
  const options::Access& access = method.options().GetExtension(options::access);
  const std::string& permission = access.permission();
  switch (access.audience()) {
    case options::AUDIENCE_PUBLIC:
      return auth::AccessRule{auth::Audience::kPublic, ""};
    case options::AUDIENCE_PORTAL_USER:
      return auth::AccessRule{auth::Audience::kPortalUser, ""};
    case options::AUDIENCE_STAFF:
      if (!permission.empty()) return auth::AccessRule{auth::Audience::kStaff, permission};
      break;
    case options::AUDIENCE_SERVICE:
      if (!permission.empty()) return auth::AccessRule{auth::Audience::kService, permission};
      break;
    default:
      break;
  }
  return absl::FailedPreconditionError(
      absl::StrCat(method.full_name(), ": its proto does not state who may call it"));
}

absl::StatusOr<std::vector<FieldAccess>> FieldAccessOf(const MethodDescriptor& method) {
  ASSIGN_OR_RETURN(const auth::AccessRule whole, AccessOf(method));
  std::vector<FieldAccess> all;
  for (const auto& stated : method.options().GetExtension(options::access).field_permissions()) {
    FieldAccess access{.path = {}, .rule = {whole.audience, stated.permission()}};
    const google::protobuf::Descriptor* message = method.input_type();
    for (const std::string& name : std::vector<std::string>(absl::StrSplit(stated.field(), '.'))) {
      const auto* field = message == nullptr ? nullptr : message->FindFieldByName(name);
      access.path.push_back(field);
      message = field == nullptr || field->is_repeated() ? nullptr : field->message_type();
    }
    if (access.path.back() == nullptr || stated.permission().empty() || whole.permission.empty()) {
      return absl::FailedPreconditionError(absl::StrCat(
          method.full_name(), ": its proto does not state who may set ", stated.field()));
    }
    all.push_back(std::move(access));
  }
  return all;
}

bool FieldAccess::IsSetIn(const google::protobuf::Message& request) const {
  const google::protobuf::Message* message = &request;
  for (const FieldDescriptor* field : path) {
    const auto& reflection = *message->GetReflection();
    const bool is_set = field->is_repeated() ? reflection.FieldSize(*message, field) > 0
                                             : reflection.HasField(*message, field);
    if (!is_set || field == path.back()) return is_set;
    message = &reflection.GetMessage(*message, field);
  }
  return false;
}

bool IsRepeatable(const MethodDescriptor& method) {
  return method.options().idempotency_level() !=
         google::protobuf::MethodOptions::IDEMPOTENCY_UNKNOWN;
}

void ForEachLinkedService(
    const std::function<void(const google::protobuf::ServiceDescriptor&)>& visit) {
  std::vector<std::string> files;
  DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  for (const std::string& name : files) {
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(name);
    for (int s = 0; file != nullptr && s < file->service_count(); ++s) visit(*file->service(s));
  }
}

}  // namespace portico::rpc

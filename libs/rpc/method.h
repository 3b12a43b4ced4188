#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <functional>
#include <string>
#include <vector>

#include "libs/auth/access_rule.h"

namespace portico::rpc {

// The RPC whose request message this is. Portico's protos give every RPC a
// request message of its own, in the file of its service; null for any other message.
const google::protobuf::MethodDescriptor* MethodOf(const google::protobuf::Descriptor& request);

// "/portico.contact.v1.ContactService/GetContact"
std::string PathOf(const google::protobuf::MethodDescriptor& method);

// Who may call it. FAILED_PRECONDITION: its proto does not state that.
absl::StatusOr<auth::AccessRule> AccessOf(const google::protobuf::MethodDescriptor& method);

// What a caller must hold besides to set a field of the request.
struct FieldAccess {
  // The way to it from the request, through singular messages.
  std::vector<const google::protobuf::FieldDescriptor*> path;
  auth::AccessRule rule;

  // Whether the request sets it.
  bool IsSetIn(const google::protobuf::Message& request) const;
};

// As its proto states. FAILED_PRECONDITION: it names no field or no permission.
absl::StatusOr<std::vector<FieldAccess>> FieldAccessOf(
    const google::protobuf::MethodDescriptor& method);

// Whether a call that may have been served can be sent again.
bool IsRepeatable(const google::protobuf::MethodDescriptor& method);

// Visits every service among the protos that are linked into this program.
void ForEachLinkedService(
    const std::function<void(const google::protobuf::ServiceDescriptor&)>& visit);

}  // namespace portico::rpc

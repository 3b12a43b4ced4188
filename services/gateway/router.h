#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/gateway/api_descriptors.h"
#include "services/gateway/field_path.h"
#include "services/gateway/path_template.h"

namespace portico::gateway {

// One google.api.http rule of an RPC.
struct Route {
  std::string http_method;
  PathTemplate path;
  std::vector<FieldPath> path_fields;  // What the path's variables stand for.
  const google::protobuf::MethodDescriptor* rpc;
  bool whole_body = false;                                          // body: "*"
  const google::protobuf::FieldDescriptor* body_field = nullptr;    // body: "contact"
  const google::protobuf::FieldDescriptor* answer_field = nullptr;  // response_body
  std::string label;     // "POST /v1/accounts/{id}:merge", for logs and metrics.
  std::string rpc_path;  // "/portico.account.v1.AccountService/MergeAccounts"

  bool takes_body() const { return whole_body || body_field != nullptr; }
  // The message that the HTTP answer shows.
  const google::protobuf::Descriptor& answer_type() const {
    return *(answer_field != nullptr ? answer_field->message_type() : rpc->output_type());
  }
};

// Finds the RPC for an HTTP request. Thread-safe once built.
class Router {
 public:
  // INVALID_ARGUMENT: a rule names a field that does not exist or cannot be bound,
  // two rules are for the same method and paths, or a rule is on a client stream.
  static absl::StatusOr<Router> Build(const ApiDescriptors& api);

  struct Match {
    const Route* route = nullptr;          // Null when none is for this method.
    std::vector<std::string> path_values;  // In the order of path_fields.
    std::vector<std::string> allowed;      // The methods of this path; empty when it is none.
  };
  Match Find(std::string_view http_method, std::string_view path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;  // Of those that match a path, the closest comes first.
};

}  // namespace portico::gateway

#include "services/gateway/router.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "google/api/annotations.pb.h"
#include "libs/base/status_macros.h"

namespace portico::gateway {
namespace {

using google::api::HttpRule;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

std::pair<std::string, std::string> MethodAndPath(const HttpRule& rule) {
  switch (rule.pattern_case()) {
    case HttpRule::kGet:
      return {"GET", rule.get()};
    case HttpRule::kPut:
      return {"PUT", rule.put()};
    case HttpRule::kPost:
      return {"POST", rule.post()};
    case HttpRule::kDelete:
      return {"DELETE", rule.delete_()};
    case HttpRule::kPatch:
      return {"PATCH", rule.patch()};
    case HttpRule::kCustom:
      return {rule.custom().kind(), rule.custom().path()};
    case HttpRule::PATTERN_NOT_SET:
      break;
  }
  return {};
}

absl::StatusOr<Route> MakeRoute(const MethodDescriptor& rpc, const HttpRule& rule) {
  const auto refuse = [&](const auto&... why) {
    return absl::InvalidArgumentError(absl::StrCat(rpc.full_name(), ": ", why...));
  };
  if (rpc.client_streaming()) return refuse("a client stream cannot be called over HTTP");
  auto [http_method, path] = MethodAndPath(rule);
  ASSIGN_OR_RETURN(PathTemplate path_template, PathTemplate::Parse(path));

  Route route{.http_method = std::move(http_method),
              .path = std::move(path_template),
              .path_fields = {},
              .rpc = &rpc,
              .label = {},
              .rpc_path = {}};
  for (const std::string& name : route.path.variables()) {
    FieldPath field = FindFieldPath(*rpc.input_type(), name);
    if (field.empty() || field.back()->is_repeated() || field.back()->message_type() != nullptr) {
      return refuse("the path's {", name, "} is no single value of the request");
    }
    route.path_fields.push_back(std::move(field));
  }
  route.whole_body = rule.body() == "*";
  if (!route.whole_body && !rule.body().empty()) {
    route.body_field = rpc.input_type()->FindFieldByName(rule.body());
    if (route.body_field == nullptr || route.body_field->is_repeated() ||
        route.body_field->message_type() == nullptr) {
      return refuse("the request has no message ", rule.body());
    }
  }
  if (!rule.response_body().empty()) {
    route.answer_field = rpc.output_type()->FindFieldByName(rule.response_body());
    if (route.answer_field == nullptr || route.answer_field->is_repeated() ||
        route.answer_field->message_type() == nullptr) {
      return refuse("the response has no message ", rule.response_body());
    }
  }
  route.label = absl::StrCat(route.http_method, " ", route.path.Format(route.path.variables()));
  route.rpc_path = absl::StrCat("/", rpc.service()->full_name(), "/", rpc.name());
  return route;
}

}  // namespace

absl::StatusOr<Router> Router::Build(const ApiDescriptors& api) {
  Router router;
  std::set<std::string> seen;
  for (const MethodDescriptor* method : api.methods()) {
    const HttpRule& rule = method->options().GetExtension(google::api::http);
    std::vector<const HttpRule*> rules = {&rule};
    for (const HttpRule& additional : rule.additional_bindings()) rules.push_back(&additional);
    for (const HttpRule* each : rules) {
      ASSIGN_OR_RETURN(Route route, MakeRoute(*method, *each));
      if (!seen.insert(absl::StrCat(route.http_method, route.path.Format({}))).second) {
        return absl::InvalidArgumentError(
            absl::StrCat(method->full_name(), ": ", route.label, " is taken by another RPC"));
      }
      router.routes_.push_back(std::move(route));
    }
  }
  std::stable_sort(router.routes_.begin(), router.routes_.end(),
                   [](const Route& a, const Route& b) { return a.path < b.path; });
  return router;
}

Router::Match Router::Find(std::string_view http_method, std::string_view path) const {
  Match match;
  const RequestPath request_path(path);
  for (const Route& route : routes_) {
    std::optional<std::vector<std::string>> values = route.path.Match(request_path);
    if (!values.has_value()) continue;
    if (route.http_method == http_method) {
      match.route = &route;
      match.path_values = *std::move(values);
      return match;
    }
    match.allowed.push_back(route.http_method);
  }
  return match;
}

}  // namespace portico::gateway

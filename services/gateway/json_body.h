#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace portico::gateway {

// Reads a request's body; an empty one is {}.
// INVALID_ARGUMENT: it is no JSON by RFC 8259, is nested too deeply, or is no object.
absl::StatusOr<nlohmann::json> ParseBody(std::string_view body);

// Whether `value` has only fields of `message`, each a list, an object or a plain
// value as its type wants it. The plain values themselves are left to JsonCodec.
// Fields under their proto names come out under their JSON names.
// INVALID_ARGUMENT names each field that is wrong; `at` is the path of `value`.
absl::Status CheckShape(const google::protobuf::Descriptor& message, const std::string& at,
                        nlohmann::json& value);

// The fields that a PATCH changes when it does not say so: those in the body, as
// paths of proto names with commas between; of a message within, its fields. `body`
// has passed CheckShape.
std::string UpdateMaskOf(const nlohmann::json& body, const google::protobuf::Descriptor& message);

}  // namespace portico::gateway

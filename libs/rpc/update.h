#pragma once

#include <absl/status/status.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace portico::rpc {

// Copies onto `current` the fields of `patch` that `mask` names; with an empty
// mask those that are set in `patch`. Fields of output_only, `id` and `etag` are
// passed over. `resource` is the name of the field in the request, for errors.
//
// INVALID_ARGUMENT: the mask names a field that the message does not have.
// ABORTED with reason ETAG_STALE: `patch` has an etag other than `current`'s.
absl::Status ApplyUpdate(std::string_view resource, const google::protobuf::Message& patch,
                         const google::protobuf::FieldMask& mask,
                         google::protobuf::Message& current);

// ABORTED: `got` is not empty, and not the present etag. `field` is where it was got.
absl::Status CheckEtag(std::string_view field, const std::string& got, const std::string& present);

// The etag of a resource's next version: etags count versions, so that no two
// share one even where the clock stands still. "" is before the first.
std::string NextEtag(const std::string& etag);

}  // namespace portico::rpc

#include "tools/cli/json.h"

#include <google/protobuf/util/json_util.h>

namespace portico::cli {

std::string ToJson(const google::protobuf::Message& message) {
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json);
  // A payload of a newer service is of a type not known here: show the rest of it.
  return status.ok() ? json : message.ShortDebugString();
}

}  // namespace portico::cli

#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace portico::cli {

// A message on one line, with the field names of the HTTP API.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace portico::cli

#pragma once

#include <google/protobuf/message.h>

namespace portico::rpc {

// Clears the fields that the protos call personal, in whatever the message holds.
void ErasePersonal(google::protobuf::Message& message);

}  // namespace portico::rpc

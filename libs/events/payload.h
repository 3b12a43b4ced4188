#pragma once

#include <string>
#include <string_view>

namespace portico::events {

// Takes what the protos call personal out of a payload of that type, in its binary form. False,
// and nothing is changed: there is no such type here, or the payload is no message of it.
bool ErasePersonal(std::string_view type, std::string& payload);

}  // namespace portico::events

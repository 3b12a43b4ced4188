#include "libs/rpc/call.h"

namespace portico::rpc {

std::string_view Call::Metadata(std::string_view key) const {
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace portico::rpc

#include "libs/events/payload.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>

#include "libs/rpc/personal.h"

namespace portico::events {

bool ErasePersonal(std::string_view type, std::string& payload) {
  using google::protobuf::DescriptorPool;
  using google::protobuf::MessageFactory;
  const auto* descriptor =
      DescriptorPool::generated_pool()->FindMessageTypeByName(std::string(type));
  if (descriptor == nullptr) return false;
  const std::unique_ptr<google::protobuf::Message> message(
      MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  if (!message->ParseFromString(payload)) return false;
  rpc::ErasePersonal(*message);
  payload = message->SerializeAsString();
  return true;
}

}  // namespace portico::events

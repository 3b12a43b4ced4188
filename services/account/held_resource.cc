#include "services/account/held_resource.h"

#include <google/protobuf/descriptor.h>

#include <cstdlib>

namespace portico::account {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor& FieldOf(const Descriptor& type, const Message& holder) {
  const Descriptor& descriptor = *holder.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    if (descriptor.field(i)->message_type() == &type) return *descriptor.field(i);
  }
  std::abort();
}

Message& HoldAny(const Message& resource, Message& holder) {
  const FieldDescriptor& field = FieldOf(*resource.GetDescriptor(), holder);
  const auto* reflection = holder.GetReflection();
  Message* target = field.is_repeated() ? reflection->AddMessage(&holder, &field)
                                        : reflection->MutableMessage(&holder, &field);
  target->Clear();
  target->MergeFrom(resource);
  return *target;
}

}  // namespace portico::account

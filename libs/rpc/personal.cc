#include "libs/rpc/personal.h"

#include <vector>

#include "portico/options/v1/options.pb.h"

namespace portico::rpc {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void ErasePersonal(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->options().GetExtension(portico::options::v1::rules).personal()) {
      reflection.ClearField(&message, field);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) {
      continue;
    } else if (!field->is_repeated()) {
      ErasePersonal(*reflection.MutableMessage(&message, field));
    } else {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        ErasePersonal(*reflection.MutableRepeatedMessage(&message, field, i));
      }
    }
  }
}

}  // namespace portico::rpc

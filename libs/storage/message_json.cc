#include "libs/storage/message_json.h"

#include <google/protobuf/util/field_mask_util.h>
#include <google/protobuf/util/json_util.h>

#include <memory>

namespace portico::storage {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::FieldMaskUtil;

std::string ToJson(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  // Fails only for an Any whose type is not linked in, which no stored message holds.
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  return json;
}

bool FromJson(const std::string& json, Message& message) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  return google::protobuf::util::JsonStringToMessage(json, &message, options).ok();
}

}  // namespace

std::string FieldToJson(const Message& parent, const FieldDescriptor* field) {
  if (!field->is_repeated()) return ToJson(parent.GetReflection()->GetMessage(parent, field));
  google::protobuf::FieldMask only_field;
  only_field.add_paths(field->name());
  const std::unique_ptr<Message> alone(parent.New());
  FieldMaskUtil::MergeMessageTo(parent, only_field, {}, alone.get());
  return ToJson(*alone);
}

bool FieldFromJson(const std::string& json, const FieldDescriptor* field, Message& parent) {
  if (!field->is_repeated()) {
    return FromJson(json, *parent.GetReflection()->MutableMessage(&parent, field));
  }
  // Parsing clears what it parses into.
  const std::unique_ptr<Message> alone(parent.New());
  if (!FromJson(json, *alone)) return false;
  parent.MergeFrom(*alone);
  return true;
}

}  // namespace portico::storage

#include "libs/storage/plain_json.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

namespace portico::storage {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using nlohmann::json;

bool IsPlainField(const FieldDescriptor* field, std::set<const Descriptor*>& above);

bool IsPlainMessage(const Descriptor* type, std::set<const Descriptor*>& above) {
  // Types of google.protobuf have forms of their own; a type inside itself has no end here.
  if (type->file()->package().starts_with("google.") || !above.insert(type).second) return false;
  bool plain = true;
  for (int i = 0; i < type->field_count(); ++i) plain &= IsPlainField(type->field(i), above);
  above.erase(type);
  return plain;
}

bool IsPlainField(const FieldDescriptor* field, std::set<const Descriptor*>& above) {
  if (field->is_map()) return false;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return field->type() == FieldDescriptor::TYPE_STRING;
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_ENUM:
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_UINT32:
      return true;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return IsPlainMessage(field->message_type(), above);
    default:
      return false;
  }
}

json EnumToJson(const FieldDescriptor* field, int number) {
  const auto* value = field->enum_type()->FindValueByNumber(number);
  return value != nullptr ? json(value->name()) : json(number);
}

json ToTree(const Message& message);

json Item(const Message& message, const FieldDescriptor* field, int i) {
  const Reflection& fields = *message.GetReflection();
  std::string scratch;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return fields.GetRepeatedBool(message, field, i);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumToJson(field, fields.GetRepeatedEnumValue(message, field, i));
    case FieldDescriptor::CPPTYPE_INT32:
      return fields.GetRepeatedInt32(message, field, i);
    case FieldDescriptor::CPPTYPE_UINT32:
      return fields.GetRepeatedUInt32(message, field, i);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ToTree(fields.GetRepeatedMessage(message, field, i));
    default:
      return fields.GetRepeatedStringReference(message, field, i, &scratch);
  }
}

json Single(const Message& message, const FieldDescriptor* field) {
  const Reflection& fields = *message.GetReflection();
  std::string scratch;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return fields.GetBool(message, field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumToJson(field, fields.GetEnumValue(message, field));
    case FieldDescriptor::CPPTYPE_INT32:
      return fields.GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return fields.GetUInt32(message, field);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ToTree(fields.GetMessage(message, field));
    default:
      return fields.GetStringReference(message, field, &scratch);
  }
}

json Value(const Message& message, const FieldDescriptor* field) {
  if (!field->is_repeated()) return Single(message, field);
  json items = json::array();
  const int size = message.GetReflection()->FieldSize(message, field);
  for (int i = 0; i < size; ++i) items.push_back(Item(message, field, i));
  return items;
}

json ToTree(const Message& message) {
  json tree = json::object();
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  for (const FieldDescriptor* field : set) tree[field->name()] = Value(message, field);
  return tree;
}

void FromTree(const json& tree, Message& message);

// Names that this binary does not know are left out; numbers are kept, as in protobuf.
std::optional<int> EnumFromJson(const json& value, const FieldDescriptor* field) {
  if (value.is_number_integer()) return value.get<int>();
  const auto* known = field->enum_type()->FindValueByName(value.get<std::string>());
  return known != nullptr ? std::optional(known->number()) : std::nullopt;
}

void AddItem(const json& value, const FieldDescriptor* field, Message& message) {
  const Reflection& fields = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return fields.AddBool(&message, field, value.get<bool>());
    case FieldDescriptor::CPPTYPE_ENUM:
      if (const auto number = EnumFromJson(value, field)) {
        fields.AddEnumValue(&message, field, *number);
      }
      return;
    case FieldDescriptor::CPPTYPE_INT32:
      return fields.AddInt32(&message, field, value.get<int32_t>());
    case FieldDescriptor::CPPTYPE_UINT32:
      return fields.AddUInt32(&message, field, value.get<uint32_t>());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FromTree(value, *fields.AddMessage(&message, field));
    default:
      return fields.AddString(&message, field, value.get<std::string>());
  }
}

void SetSingle(const json& value, const FieldDescriptor* field, Message& message) {
  const Reflection& fields = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return fields.SetBool(&message, field, value.get<bool>());
    case FieldDescriptor::CPPTYPE_ENUM:
      if (const auto number = EnumFromJson(value, field)) {
        fields.SetEnumValue(&message, field, *number);
      }
      return;
    case FieldDescriptor::CPPTYPE_INT32:
      return fields.SetInt32(&message, field, value.get<int32_t>());
    case FieldDescriptor::CPPTYPE_UINT32:
      return fields.SetUInt32(&message, field, value.get<uint32_t>());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FromTree(value, *fields.MutableMessage(&message, field));
    default:
      return fields.SetString(&message, field, value.get<std::string>());
  }
}

void FromTree(const json& tree, Message& message) {
  for (const auto& [name, value] : tree.get_ref<const json::object_t&>()) {
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
    if (field == nullptr || value.is_null()) continue;  // In protobuf's JSON null is unset.
    if (!field->is_repeated()) {
      SetSingle(value, field, message);
      continue;
    }
    for (const json& item : value.get_ref<const json::array_t&>()) AddItem(item, field, message);
  }
}

}  // namespace

bool IsPlain(const FieldDescriptor* field) {
  std::set<const Descriptor*> above;
  return IsPlainField(field, above);
}

std::string PlainToJson(const Message& parent, const FieldDescriptor* field) {
  json tree = Value(parent, field);
  if (field->is_repeated()) tree = {{field->name(), std::move(tree)}};
  // The texts are UTF-8, as the parser of every request has made sure.
  return tree.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool PlainFromJson(const std::string& text, const FieldDescriptor* field, Message& parent) {
  try {
    const json tree = json::parse(text);
    FromTree(tree, field->is_repeated() ? parent
                                        : *parent.GetReflection()->MutableMessage(&parent, field));
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

}  // namespace portico::storage

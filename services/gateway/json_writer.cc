#include "services/gateway/json_writer.h"

#include <absl/strings/str_cat.h>

#include <charconv>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "libs/auth/encoding.h"
#include "services/gateway/field_path.h"

namespace portico::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kNoItem = -1;

void AppendText(std::string_view text, std::string& out) {
  const auto is_plain = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && c != 0x7F;
  };
  for (const char c : text) {
    if (!is_plain(c)) {
      // The texts of a parsed message are UTF-8.
      out += nlohmann::json(text).dump();
      return;
    }
  }
  absl::StrAppend(&out, "\"", absl::string_view(text.data(), text.size()), "\"");
}

// The shortest text that reads as the same number.
template <class Real>
void AppendReal(Real value, std::string& out) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    char text[32];
    out.append(text, std::to_chars(text, text + sizeof(text), value).ptr);
  }
}

}  // namespace

bool JsonWriter::Write(const Descriptor& type, const std::string& binary, std::string& out) {
  const std::unique_ptr<Message> message(messages_.GetPrototype(&type)->New());
  if (!message->ParseFromString(binary)) return false;
  WriteMessage(*message, out);
  return true;
}

void JsonWriter::WriteMessage(const Message& message, std::string& out) const {
  const Descriptor& type = *message.GetDescriptor();
  if (IsWellKnown(type)) {
    out += well_known_(message);
    return;
  }
  const Reflection& fields = *message.GetReflection();
  out += '{';
  const char* separator = "";
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.has_presence() && !fields.HasField(message, &field)) continue;
    absl::StrAppend(&out, separator, "\"", field.json_name(), "\":");
    WriteField(message, field, out);
    separator = ",";
  }
  out += '}';
}

void JsonWriter::WriteField(const Message& message, const FieldDescriptor& field,
                            std::string& out) const {
  if (field.is_map()) return WriteMap(message, field, out);
  if (!field.is_repeated()) return WriteValue(message, field, kNoItem, out);
  out += '[';
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) {
    if (i > 0) out += ',';
    WriteValue(message, field, i, out);
  }
  out += ']';
}

void JsonWriter::WriteMap(const Message& message, const FieldDescriptor& field,
                          std::string& out) const {
  const FieldDescriptor& key = *field.message_type()->map_key();
  const FieldDescriptor& value = *field.message_type()->map_value();
  out += '{';
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) {
    if (i > 0) out += ',';
    const Message& entry = message.GetReflection()->GetRepeatedMessage(message, &field, i);
    // Keys are texts in JSON, whatever they are in the proto.
    std::string name;
    WriteValue(entry, key, kNoItem, name);
    out += name.starts_with('"') ? name : absl::StrCat("\"", name, "\"");
    out += ':';
    WriteValue(entry, value, kNoItem, out);
  }
  out += '}';
}

void JsonWriter::WriteValue(const Message& message, const FieldDescriptor& field, int item,
                            std::string& out) const {
  const Reflection& fields = *message.GetReflection();
  const bool one = item == kNoItem;
  std::string scratch;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      absl::StrAppend(&out, one ? fields.GetInt32(message, &field)
                                : fields.GetRepeatedInt32(message, &field, item));
      return;
    case FieldDescriptor::CPPTYPE_UINT32:
      absl::StrAppend(&out, one ? fields.GetUInt32(message, &field)
                                : fields.GetRepeatedUInt32(message, &field, item));
      return;
    // Numbers of 64 bits are texts: JavaScript's hold but 53.
    case FieldDescriptor::CPPTYPE_INT64:
      absl::StrAppend(
          &out, "\"",
          one ? fields.GetInt64(message, &field) : fields.GetRepeatedInt64(message, &field, item),
          "\"");
      return;
    case FieldDescriptor::CPPTYPE_UINT64:
      absl::StrAppend(
          &out, "\"",
          one ? fields.GetUInt64(message, &field) : fields.GetRepeatedUInt64(message, &field, item),
          "\"");
      return;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return AppendReal(
          one ? fields.GetDouble(message, &field) : fields.GetRepeatedDouble(message, &field, item),
          out);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return AppendReal(one ? fields.GetFloat(message, &field)
                            : fields.GetRepeatedFloat(message, &field, item),
                        out);
    case FieldDescriptor::CPPTYPE_BOOL:
      out += (one ? fields.GetBool(message, &field) : fields.GetRepeatedBool(message, &field, item))
                 ? "true"
                 : "false";
      return;
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = one ? fields.GetEnumValue(message, &field)
                             : fields.GetRepeatedEnumValue(message, &field, item);
      const auto* value = field.enum_type()->FindValueByNumber(number);
      if (value != nullptr) {
        absl::StrAppend(&out, "\"", value->name(), "\"");
      } else {
        absl::StrAppend(&out, number);
      }
      return;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string& text =
          one ? fields.GetStringReference(message, &field, &scratch)
              : fields.GetRepeatedStringReference(message, &field, item, &scratch);
      if (field.type() == FieldDescriptor::TYPE_BYTES) {
        absl::StrAppend(&out, "\"", auth::EncodeBase64(text), "\"");
      } else {
        AppendText(text, out);
      }
      return;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return WriteMessage(one ? fields.GetMessage(message, &field)
                              : fields.GetRepeatedMessage(message, &field, item),
                          out);
  }
}

}  // namespace portico::gateway

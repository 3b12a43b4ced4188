#include "services/gateway/openapi_schemas.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include <utility>
#include <vector>

#include "portico/options/v1/options.pb.h"

namespace portico::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using portico::options::v1::Rules;

const Rules& RulesOf(const FieldDescriptor& field) {
  return field.options().GetExtension(portico::options::v1::rules);
}

// A message whose JSON is not an object of its fields.
OrderedJson WellKnown(const Descriptor& message) {
  switch (message.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return {{"type", "string"}, {"format", "date-time"}};
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return {{"type", "string"}, {"pattern", R"(^-?\d+(\.\d+)?s$)"}};
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
    case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
    case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
    case Descriptor::WELLKNOWNTYPE_INT64VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
      return {{"type", "string"}};
    case Descriptor::WELLKNOWNTYPE_INT32VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
      return {{"type", "integer"}};
    case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
    case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
      return {{"type", "number"}};
    case Descriptor::WELLKNOWNTYPE_BOOLVALUE:
      return {{"type", "boolean"}};
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_ANY:
      return {{"type", "object"}};
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return {{"type", "array"}};
    default:
      return OrderedJson::object();
  }
}

void AddRules(const FieldDescriptor& field, OrderedJson& schema) {
  const Rules& rules = RulesOf(field);
  OrderedJson& value = field.is_repeated() && schema.contains("items") ? schema["items"] : schema;
  if (rules.max_length() > 0) value["maxLength"] = rules.max_length();
  if (rules.date()) value["pattern"] = R"(^(\d{4}-\d{2}-\d{2})?$)";
  if (rules.secret()) value["format"] = "password";
  // 64-bit numbers are text in JSON, to which these do not apply.
  if (value.value("type", "") == "integer") {
    if (rules.has_min()) value["minimum"] = rules.min();
    if (rules.has_max()) value["maximum"] = rules.max();
  }
  if (rules.max_items() > 0) schema["maxItems"] = rules.max_items();
  if (rules.output_only()) schema["readOnly"] = true;
}

// Whether a partial form of the message differs from the full one.
bool HasRequired(const Descriptor& message, std::set<const Descriptor*>& seen) {
  if (!seen.insert(&message).second) return false;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (OpenApiSchemas::IsRequired(field)) return true;
    if (!field.is_repeated() && field.message_type() != nullptr &&
        HasRequired(*field.message_type(), seen)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string WithoutMargin(const std::string& comment) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(comment, '\n')) {
    absl::ConsumePrefix(&line, " ");
    lines.emplace_back(line.data(), line.size());
  }
  return std::string(absl::StripAsciiWhitespace(absl::StrJoin(lines, "\n")));
}

bool OpenApiSchemas::IsRequired(const FieldDescriptor& field) { return RulesOf(field).required(); }

OrderedJson OpenApiSchemas::Message(const Descriptor& message, bool partial) {
  if (IsWellKnown(message)) return WellKnown(message);
  std::set<const Descriptor*> seen;
  const bool differs = partial && HasRequired(message, seen);
  const std::string name =
      differs ? absl::StrCat(message.full_name(), ".Patch") : message.full_name();
  if (!components_.contains(name)) {
    components_[name] = nullptr;  // Met again inside itself, it is there already.
    components_[name] = Object(message, differs, {});
  }
  return {{"$ref", absl::StrCat("#/components/schemas/", name)}};
}

OrderedJson OpenApiSchemas::Object(const Descriptor& message, bool partial,
                                   const std::set<const FieldDescriptor*>& left_out) {
  OrderedJson schema = {{"type", "object"}};
  if (const std::string comment = CommentOf(message); !comment.empty()) {
    schema["description"] = comment;
  }
  OrderedJson properties = OrderedJson::object();
  OrderedJson required = OrderedJson::array();
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (left_out.contains(&field)) continue;
    properties[field.json_name()] = Field(field, partial);
    if (IsRequired(field) && !partial) required.push_back(field.json_name());
  }
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

OrderedJson OpenApiSchemas::Field(const FieldDescriptor& field, bool partial) {
  OrderedJson schema;
  if (field.is_map()) {
    schema = {{"type", "object"},
              {"additionalProperties", Single(*field.message_type()->map_value(), false)}};
  } else if (field.is_repeated()) {
    schema = {{"type", "array"}, {"items", Single(field, false)}};
  } else {
    schema = Single(field, partial);
  }
  if (const std::string comment = CommentOf(field); !comment.empty()) {
    schema["description"] = comment;
  }
  AddRules(field, schema);
  return schema;
}

OrderedJson OpenApiSchemas::Single(const FieldDescriptor& field, bool partial) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_MESSAGE:
    case FieldDescriptor::TYPE_GROUP:
      return Message(*field.message_type(), partial);
    case FieldDescriptor::TYPE_ENUM:
      return Enum(*field.enum_type());
    case FieldDescriptor::TYPE_BOOL:
      return {{"type", "boolean"}};
    case FieldDescriptor::TYPE_STRING:
      return {{"type", "string"}};
    case FieldDescriptor::TYPE_BYTES:
      return {{"type", "string"}, {"contentEncoding", "base64"}};
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FLOAT:
      return {{"type", "number"}};
    case FieldDescriptor::TYPE_INT64:
    case FieldDescriptor::TYPE_UINT64:
    case FieldDescriptor::TYPE_SINT64:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return {{"type", "string"}, {"pattern", R"(^-?\d+$)"}};
    default:
      return {{"type", "integer"}};
  }
}

OrderedJson OpenApiSchemas::Enum(const EnumDescriptor& type) {
  if (!components_.contains(type.full_name())) {
    OrderedJson names = OrderedJson::array();
    std::string description = CommentOf(type);
    for (int i = 0; i < type.value_count(); ++i) {
      names.push_back(type.value(i)->name());
      absl::StrAppend(&description, i == 0 ? "\n\n" : "\n", "- `", type.value(i)->name(),
                      "`: ", CommentOf(*type.value(i)));
    }
    components_[type.full_name()] = {
        {"type", "string"}, {"description", description}, {"enum", std::move(names)}};
  }
  return {{"$ref", absl::StrCat("#/components/schemas/", type.full_name())}};
}

}  // namespace portico::gateway

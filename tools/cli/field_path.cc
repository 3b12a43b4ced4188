#include "tools/cli/field_path.h"

#include <absl/status/statusor.h>
#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>

#include <algorithm>
#include <optional>

#include "libs/rpc/errors.h"
#include "portico/options/v1/options.pb.h"
#include "tools/cli/text_pieces.h"

namespace portico::cli {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

// Longer lists are set as a whole.
constexpr int kMostNumberedItems = 10;

void Collect(const Descriptor& message, const FieldPath& parent, std::vector<FieldPath>& found);

void CollectField(const FieldDescriptor& field, int index, const FieldPath& parent,
                  std::vector<FieldPath>& found) {
  FieldPath path = parent;
  absl::StrAppend(&path.name, path.name.empty() ? "" : ".", field.name());
  if (index >= 0) absl::StrAppend(&path.name, ".", index);
  path.steps.push_back({.field = &field, .index = index});
  if (field.message_type() != nullptr) return Collect(*field.message_type(), path, found);
  found.push_back(std::move(path));
}

void Collect(const Descriptor& message, const FieldPath& parent, std::vector<FieldPath>& found) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const auto& rules = field.options().GetExtension(options::v1::rules);
    const bool is_row_number = parent.steps.empty() && field.name() == "line";
    if (rules.output_only() || field.name() == "etag" || is_row_number) continue;
    if (!field.is_repeated() || field.message_type() == nullptr) {
      CollectField(field, -1, parent, found);
    }
    if (!field.is_repeated() || rules.max_items() > kMostNumberedItems) continue;
    for (int item = 0; item < rules.max_items(); ++item) CollectField(field, item, parent, found);
  }
}

std::optional<bool> ParseBool(std::string_view text) {
  const std::string lower = absl::AsciiStrToLower(std::string(text));
  if (lower == "yes" || lower == "true" || lower == "1" || lower == "y") return true;
  if (lower == "no" || lower == "false" || lower == "0" || lower == "n") return false;
  return std::nullopt;
}

// "ACCOUNT_STATUS_" for AccountStatus: what the names of its values begin with.
std::string PrefixOf(const EnumDescriptor& type) {
  const std::string& zero = type.value(0)->name();
  return zero.substr(0, zero.size() - std::string_view("UNSPECIFIED").size());
}

absl::Status SetEnum(const FieldPath& path, std::string_view text, const FieldDescriptor& field,
                     Message& message) {
  const EnumDescriptor& type = *field.enum_type();
  const std::string prefix = PrefixOf(type);
  const std::string name =
      absl::StrReplaceAll(absl::AsciiStrToUpper(std::string(text)), {{" ", "_"}, {"-", "_"}});
  const EnumValueDescriptor* value = type.FindValueByName(prefix + name);
  if (value == nullptr) value = type.FindValueByName(name);
  if (value != nullptr) {
    message.GetReflection()->SetEnum(&message, &field, value);
    return absl::OkStatus();
  }
  std::vector<std::string> names;
  for (int i = 1; i < type.value_count(); ++i) {
    names.push_back(type.value(i)->name().substr(prefix.size()));
  }
  return rpc::InvalidField(path.name, absl::StrCat("got ", rpc::Quoted(text), ", want one of ",
                                                   absl::StrJoin(names, ", ")));
}

template <class Number>
absl::StatusOr<Number> ParseNumber(const FieldPath& path, std::string_view text) {
  Number number;
  if (absl::SimpleAtoi(std::string(text), &number)) return number;
  return rpc::InvalidField(path.name,
                           absl::StrCat("got ", rpc::Quoted(text), ", want a whole number"));
}

absl::Status SetScalar(const FieldPath& path, std::string_view text, const FieldDescriptor& field,
                       Message& message) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      reflection.SetString(&message, &field, std::string(text));
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_BOOL: {
      const std::optional<bool> value = ParseBool(text);
      if (!value.has_value()) {
        return rpc::InvalidField(path.name,
                                 absl::StrCat("got ", rpc::Quoted(text), ", want yes or no"));
      }
      reflection.SetBool(&message, &field, *value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(path, text, field, message);
    case FieldDescriptor::CPPTYPE_INT64: {
      const auto number = ParseNumber<int64_t>(path, text);
      if (number.ok()) reflection.SetInt64(&message, &field, *number);
      return number.status();
    }
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto number = ParseNumber<int32_t>(path, text);
      if (number.ok()) reflection.SetInt32(&message, &field, *number);
      return number.status();
    }
    default:
      return absl::UnimplementedError(
          absl::StrCat(path.name, ": a field of type ", field.type_name(), " has no text"));
  }
}

// Lists of messages grow as their items are named.
Message* Descend(const FieldPath::Step& step, Message& message) {
  const auto& reflection = *message.GetReflection();
  if (step.index < 0) return reflection.MutableMessage(&message, step.field);
  while (reflection.FieldSize(message, step.field) <= step.index) {
    reflection.AddMessage(&message, step.field);
  }
  return reflection.MutableRepeatedMessage(&message, step.field, step.index);
}

}  // namespace

std::vector<FieldPath> FieldPathsOf(const Descriptor& message) {
  std::vector<FieldPath> found;
  Collect(message, {}, found);
  return found;
}

absl::Status SetField(const FieldPath& path, std::string_view text, Message& message) {
  Message* within = &message;
  for (size_t i = 0; i + 1 < path.steps.size(); ++i) within = Descend(path.steps[i], *within);
  const FieldPath::Step& last = path.steps.back();
  if (!last.field->is_repeated()) return SetScalar(path, text, *last.field, *within);
  const auto& reflection = *within->GetReflection();
  if (last.index >= 0) {
    while (reflection.FieldSize(*within, last.field) <= last.index) {
      reflection.AddString(within, last.field, "");
    }
    reflection.SetRepeatedString(within, last.field, last.index, std::string(text));
    return absl::OkStatus();
  }
  for (const std::string_view item : PiecesOf(text, '|')) {
    reflection.AddString(within, last.field, std::string(item));
  }
  return absl::OkStatus();
}

void DropEmptyItems(const FieldPath& path, Message& message) {
  Message* within = &message;
  for (const FieldPath::Step& step : path.steps) {
    const auto& reflection = *within->GetReflection();
    if (step.index >= 0) {
      const auto is_empty = [&](int i) {
        return step.field->message_type() == nullptr
                   ? reflection.GetRepeatedString(*within, step.field, i).empty()
                   : reflection.GetRepeatedMessage(*within, step.field, i).ByteSizeLong() == 0;
      };
      // Those that stay move to the front, in their order.
      int kept = 0;
      for (int i = 0; i < reflection.FieldSize(*within, step.field); ++i) {
        if (is_empty(i)) continue;
        if (i != kept) reflection.SwapElements(within, step.field, i, kept);
        ++kept;
      }
      while (reflection.FieldSize(*within, step.field) > kept) {
        reflection.RemoveLast(within, step.field);
      }
      return;
    }
    if (step.field->message_type() == nullptr || !reflection.HasField(*within, step.field)) return;
    within = reflection.MutableMessage(within, step.field);
  }
}

}  // namespace portico::cli

#include "libs/rpc/row_patch.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "libs/rpc/errors.h"
#include "portico/options/v1/options.pb.h"

namespace portico::rpc {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;

namespace {

bool IsMessage(const FieldDescriptor& field) {
  return field.message_type() != nullptr && !field.is_repeated();
}

bool IsOneValue(const Descriptor& message) {
  return message.options().GetExtension(options::v1::one_value) ||
         absl::StartsWith(message.full_name(), "google.");
}

// Empty where the path leads to nothing that a row can set.
std::vector<const FieldDescriptor*> Follow(const std::string& path, const Descriptor& resource) {
  std::vector<const FieldDescriptor*> fields;
  const Descriptor* within = &resource;
  for (const absl::string_view name : absl::StrSplit(path, '.')) {
    const FieldDescriptor* field =
        within == nullptr ? nullptr : within->FindFieldByName(std::string(name));
    if (field == nullptr || (fields.empty() && name == "etag") ||
        field->options().GetExtension(options::v1::rules).output_only()) {
      return {};
    }
    fields.push_back(field);
    within = IsMessage(*field) ? field->message_type() : nullptr;
  }
  return fields;
}

void Name(std::span<const FieldDescriptor* const> path, FieldList& fields) {
  auto named = std::ranges::find(fields, path.front(), &NamedField::field);
  const bool is_new = named == fields.end();
  if (is_new) named = fields.insert(named, {.field = path.front()});
  if (path.size() == 1) {
    named->parts.clear();
  } else if (is_new || !named->parts.empty()) {  // Else it is named as a whole already.
    Name(path.subspan(1), named->parts);
  }
}

const NamedField* Find(const FieldList& fields, const FieldDescriptor* field) {
  const auto found = std::ranges::find(fields, field, &NamedField::field);
  return found == fields.end() ? nullptr : &*found;
}

// `named` is null where the mask does not name the field.
void TakeOver(const FieldDescriptor* field, Message& patch, const NamedField* named,
              Message& current) {
  const auto& reflection = *current.GetReflection();
  const bool is_whole = !IsMessage(*field) || (named == nullptr ? IsOneValue(*field->message_type())
                                                                : named->parts.empty());
  if (is_whole) {
    // One that is unset, too: so it becomes unset.
    reflection.SwapFields(&patch, &current, {field});
    return;
  }
  if (!reflection.HasField(patch, field) && !reflection.HasField(current, field)) return;
  static const auto& none = *new FieldList;
  Message& part = *reflection.MutableMessage(&current, field);
  ApplyPatch(*reflection.MutableMessage(&patch, field), named == nullptr ? none : named->parts,
             part);
  if (part.ByteSizeLong() == 0) reflection.ClearField(&current, field);
}

}  // namespace

absl::StatusOr<FieldList> FieldsOfMask(const FieldMask& mask, const Descriptor& resource) {
  FieldList fields;
  for (const std::string& path : mask.paths()) {
    const std::vector<const FieldDescriptor*> followed = Follow(path, resource);
    if (followed.empty()) {
      return InvalidField("options.update_mask",
                          absl::StrCat("got ", Quoted(path), ", want a field of ", resource.name(),
                                       " that a row can set"));
    }
    Name(followed, fields);
  }
  return fields;
}

void ApplyPatch(Message& patch, const FieldList& always, Message& current) {
  std::vector<const FieldDescriptor*> set;
  patch.GetReflection()->ListFields(patch, &set);
  for (const NamedField& named : always) {
    if (std::ranges::find(set, named.field) == set.end()) {
      TakeOver(named.field, patch, &named, current);
    }
  }
  for (const FieldDescriptor* field : set) TakeOver(field, patch, Find(always, field), current);
}

}  // namespace portico::rpc

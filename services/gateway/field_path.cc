#include "services/gateway/field_path.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

namespace portico::gateway {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const FieldDescriptor* FindField(const Descriptor& message, std::string_view name) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    if (field->json_name() == name || field->name() == name) return field;
  }
  return nullptr;
}

FieldPath FindFieldPath(const Descriptor& message, std::string_view path) {
  FieldPath found;
  const Descriptor* within = &message;
  for (const absl::string_view name :
       absl::StrSplit(absl::string_view(path.data(), path.size()), '.')) {
    if (within == nullptr) return {};
    const FieldDescriptor* field = FindField(*within, {name.data(), name.size()});
    if (field == nullptr) return {};
    found.push_back(field);
    const bool leads_on = !field->is_repeated() && field->message_type() != nullptr &&
                          !IsWellKnown(*field->message_type());
    within = leads_on ? field->message_type() : nullptr;
  }
  return found;
}

std::string JsonPath(const FieldPath& path) {
  return absl::StrJoin(path, ".", [](std::string* out, const FieldDescriptor* field) {
    out->append(field->json_name());
  });
}

std::string ToJsonPath(std::string_view proto_path) {
  std::string path;
  bool capital = false;
  for (const char c : proto_path) {
    if (c == '_') {
      capital = true;
      continue;
    }
    path += capital ? absl::ascii_toupper(static_cast<unsigned char>(c)) : c;
    capital = false;
  }
  return path;
}

bool IsWellKnown(const Descriptor& message) {
  return message.well_known_type() != Descriptor::WELLKNOWNTYPE_UNSPECIFIED;
}

bool IsWellKnownScalar(const Descriptor& message) {
  switch (message.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
    case Descriptor::WELLKNOWNTYPE_ANY:
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return false;
    default:
      return true;
  }
}

}  // namespace portico::gateway

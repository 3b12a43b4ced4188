#include "services/contact/field_changes.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <string>
#include <vector>

namespace portico::contact {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// "mobile" of PHONE_KIND_MOBILE; "" for a value that says nothing.
std::string EnumText(const google::protobuf::EnumValueDescriptor& value) {
  if (value.number() == 0) return "";
  std::string prefix;  // Of BillingContact: BILLING_CONTACT_
  for (const char c : value.type()->name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  prefix += '_';
  const std::string& name = value.name();
  return absl::AsciiStrToLower(name.rfind(prefix, 0) == 0 ? name.substr(prefix.size()) : name);
}

std::string PhoneText(const v1::Phone& phone) {
  const std::string kind = EnumText(*v1::PhoneKind_descriptor()->FindValueByNumber(phone.kind()));
  return absl::StrCat(kind, kind.empty() ? "" : " ", phone.number(),
                      phone.extension().empty() ? "" : " x", phone.extension());
}

std::string ListText(const Message& contact, const FieldDescriptor& field) {
  const Reflection& reflection = *contact.GetReflection();
  std::vector<std::string> items;
  for (int i = 0; i < reflection.FieldSize(contact, &field); ++i) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      items.push_back(reflection.GetRepeatedString(contact, &field, i));
    } else {
      items.push_back(PhoneText(
          static_cast<const v1::Phone&>(reflection.GetRepeatedMessage(contact, &field, i))));
    }
  }
  return absl::StrJoin(items, ", ");
}

std::string Text(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) return ListText(message, field);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "yes" : "no";
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumText(*reflection.GetEnum(message, &field));
    default:
      return "";
  }
}

bool IsTold(const FieldDescriptor& field) {
  const std::string& name = field.name();
  return name != "id" && name != "etag" && name != "portal" && name != "merged_into_id";
}

void Compare(const Message& before, const Message& after, const std::string& prefix,
             google::protobuf::RepeatedPtrField<v1::FieldChange>& changes) {
  const auto* type = after.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor& field = *type->field(i);
    if (!IsTold(field)) continue;
    const std::string path = absl::StrCat(prefix, field.name());
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_repeated()) {
      if (field.message_type()->file()->package() != type->file()->package()) continue;  // Times.
      Compare(before.GetReflection()->GetMessage(before, &field),
              after.GetReflection()->GetMessage(after, &field), absl::StrCat(path, "."), changes);
      continue;
    }
    std::string old_value = Text(before, field);
    std::string new_value = Text(after, field);
    if (old_value == new_value) continue;
    v1::FieldChange& change = *changes.Add();
    change.set_field(path);
    change.set_old_value(std::move(old_value));
    change.set_new_value(std::move(new_value));
  }
}

}  // namespace

google::protobuf::RepeatedPtrField<v1::FieldChange> FieldChanges(const v1::Contact& before,
                                                                 const v1::Contact& after) {
  google::protobuf::RepeatedPtrField<v1::FieldChange> changes;
  Compare(before, after, "", changes);
  return changes;
}

}  // namespace portico::contact

#include "tools/cli/enum_word.h"

#include <absl/strings/str_cat.h>

namespace portico::cli {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;

namespace {

// "RECIPIENT_GROUP_" of RECIPIENT_GROUP_UNSPECIFIED.
std::string PrefixOf(const EnumDescriptor& type) {
  const std::string& zero = type.value(0)->name();
  return zero.substr(0, zero.rfind('_') + 1);
}

}  // namespace

std::string EnumWord(const EnumDescriptor& type, int value) {
  const EnumValueDescriptor* known = type.FindValueByNumber(value);
  return known == nullptr ? absl::StrCat(value) : known->name().substr(PrefixOf(type).size());
}

std::vector<std::string> EnumWords(const EnumDescriptor& type) {
  std::vector<std::string> words;
  for (int i = 1; i < type.value_count(); ++i) {
    words.push_back(EnumWord(type, type.value(i)->number()));
  }
  return words;
}

int EnumValue(const EnumDescriptor& type, std::string_view word) {
  const EnumValueDescriptor* known =
      type.FindValueByName(absl::StrCat(PrefixOf(type), std::string(word)));
  return known == nullptr ? 0 : known->number();
}

}  // namespace portico::cli

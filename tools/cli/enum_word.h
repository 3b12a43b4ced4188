#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

namespace portico::cli {

// The value of an enum as people write it: NO_EMAIL for RECIPIENT_GROUP_NO_EMAIL. One that is not
// known here, of a newer service, is its number.
std::string EnumWord(const google::protobuf::EnumDescriptor& type, int value);

// All of them, without the one that means not stated.
std::vector<std::string> EnumWords(const google::protobuf::EnumDescriptor& type);

// The value of one of these words; 0 for any other.
int EnumValue(const google::protobuf::EnumDescriptor& type, std::string_view word);

}  // namespace portico::cli

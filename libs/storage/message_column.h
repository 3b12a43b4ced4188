#pragma once

#include <absl/status/status.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/value.h"

namespace portico::storage {

// One field of a message type as a column; see message_table.h for the rules.
class MessageColumn {
 public:
  // Aborts when `type` has no such field, or one that no column holds.
  MessageColumn(const google::protobuf::Descriptor* type, std::string path);

  const std::string& path() const { return path_; }  // "name.first"
  const std::string& name() const { return name_; }  // "name_first"
  ValueKind kind() const;

  // The argument that stores the field of `message`. It may borrow from
  // `message` or from `text`, which must not change while it is used.
  Value Store(const google::protobuf::Message& message, std::string& text) const;

  // Sets the field in `message`, where it is unset yet.
  absl::Status Load(const Cell& cell, google::protobuf::Message& message) const;

 private:
  enum class Form { kText, kInteger, kReal, kTime, kPlainJson, kJson };

  Form FormOf() const;
  absl::Status NoJson() const;
  bool IsSet(const google::protobuf::Message& parent) const;
  Value StoreInteger(const google::protobuf::Message& parent) const;
  void LoadInteger(int64_t value, google::protobuf::Message& parent) const;

  std::string path_;
  std::string name_;
  std::vector<const google::protobuf::FieldDescriptor*> parents_;
  const google::protobuf::FieldDescriptor* field_ = nullptr;
  Form form_ = Form::kText;
};

}  // namespace portico::storage

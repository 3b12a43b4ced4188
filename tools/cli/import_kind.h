#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/rpc/errors.h"

namespace portico::cli {

struct RefusedLine {
  int64_t line = 0;
  rpc::FieldViolation why;
};

// How far a stream has come, as its service tells.
struct ImportAnswer {
  int64_t line = 0;  // All rows up to this one are kept, or refused.
  int64_t created = 0, updated = 0, unchanged = 0, refused = 0;
  std::vector<RefusedLine> refusals;  // Since the answer before.
};

// What can be imported, and the stream that does it.
struct ImportKind {
  std::string_view name;     // "contacts"
  std::string_view service;  // "contact"
  // Its first message has `options`, the others `rows`.
  const google::protobuf::Message& request;
  const google::protobuf::FieldDescriptor& options;
  const google::protobuf::FieldDescriptor& rows;
  // The field of a row that holds what is imported.
  const google::protobuf::FieldDescriptor& resource;
  const google::protobuf::Message& answer;
  ImportAnswer (*read)(const google::protobuf::Message& answer);
};

const std::vector<ImportKind>& ImportKinds();

// Null where there is none of this name.
const ImportKind* FindImportKind(std::string_view name);

// The one kind that the file's name tells of, such as contacts-2026.csv; null for none or several.
const ImportKind* GuessImportKind(std::string_view path);

}  // namespace portico::cli

#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include <istream>
#include <memory>
#include <optional>
#include <string>

#include "libs/rpc/errors.h"
#include "tools/cli/csv_reader.h"
#include "tools/cli/header_mapping.h"
#include "tools/cli/import_kind.h"
#include "tools/cli/input_buffer.h"

namespace portico::cli {

// One row of a file.
struct FileRow {
  int64_t line = 0;
  std::string raw;  // As it stands in the file.
  std::optional<rpc::FieldViolation> wrong;
};

// The rows of a file, one after the other.
class RowSource {
 public:
  virtual ~RowSource() = default;
  // Fills `message`, unless the row is wrong. False at the end of the file.
  // UNKNOWN: the file cannot be read on.
  virtual absl::StatusOr<bool> Next(FileRow& row, google::protobuf::Message& message) = 0;
};

class CsvRows final : public RowSource {
 public:
  // Reads the header. INVALID_ARGUMENT: there is none, or the mapping is wrong.
  // `input` outlives this.
  static absl::StatusOr<std::unique_ptr<CsvRows>> Open(std::istream& input, const ImportKind& kind,
                                                       const NamedHeaders& named);

  absl::StatusOr<bool> Next(FileRow& row, google::protobuf::Message& message) override;

  const HeaderMapping& mapping() const { return mapping_; }
  const std::string& header() const { return header_; }
  char separator() const { return reader_.separator(); }

 private:
  explicit CsvRows(std::istream& input) : reader_(input) {}

  CsvReader reader_;
  HeaderMapping mapping_;
  std::string header_;
};

// A row is one line: the JSON of the kind's row message.
class JsonRows final : public RowSource {
 public:
  // `input` outlives this.
  explicit JsonRows(std::istream& input) : input_(input) {}

  absl::StatusOr<bool> Next(FileRow& row, google::protobuf::Message& message) override;

 private:
  InputBuffer input_;
};

}  // namespace portico::cli

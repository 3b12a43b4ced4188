#pragma once

#include <absl/status/status.h>

#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "tools/cli/import_kind.h"

namespace portico::cli {

// What the refused rows of a CSV file get in front. A header of these is no field: a file of
// rejects is imported as it is once it is mended.
bool IsRejectsColumn(std::string_view header);

// The rows that were refused, each as it stood in its file, with why. There is no file until there
// is a row. Only its owner may read it, as it tells of people.
class RejectsFile {
 public:
  struct CsvForm {
    std::string header;
    char separator;
  };

  // `csv` is the form of the file that is imported; none for NDJSON, whose rejects are
  // {"line":…,"field":…,"reason":…,"row":…}. `goes_on`: this import is the rest of one.
  RejectsFile(std::string path, std::optional<CsvForm> csv, bool goes_on);

  // Some rows are done: what a file of this name held before goes, unless this import goes on.
  void Begin();
  // Begins, too. Not thread-safe. UNKNOWN: the file cannot be written.
  absl::Status Add(const RefusedLine& refused, const std::string& raw);
  // After the last row. UNKNOWN: not all of it could be written.
  absl::Status Close();

  const std::string& path() const { return path_; }

 private:
  absl::Status Open();

  const std::string path_;
  const std::optional<CsvForm> csv_;
  bool goes_on_;
  std::ofstream file_;
};

}  // namespace portico::cli

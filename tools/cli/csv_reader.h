#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/input_buffer.h"

namespace portico::cli {

// One record of a CSV file.
struct CsvRecord {
  int64_t line = 0;  // Of the file, where it begins.
  std::string raw;   // As it stands in the file, without its line break.
  std::vector<std::string> fields;
  std::string wrong;  // Why it has no fields; empty when it has.
};

// Reads CSV by RFC 4180, with LF for CRLF, too, and a quote within an unquoted field taken as it
// is. The separator is the one of comma, semicolon and tab that the first record has most of.
// Empty lines are passed over. Holds no more than one record of a file however large.
class CsvReader {
 public:
  // `input` outlives this.
  explicit CsvReader(std::istream& input) : input_(input) {}

  // False at the end. Quotes that are wrong cost the line that the record begins with: the next one
  // is looked for right behind, so that a lost quote does not take the file with it.
  bool Next(CsvRecord& record);

  char separator() const { return separator_; }
  bool failed() const { return input_.failed(); }

 private:
  void FindSeparator(std::string_view record);
  bool SkipEmptyLines();
  size_t FindEnd(std::string& wrong);
  void Refuse(std::string wrong, CsvRecord& record);

  InputBuffer input_;
  char separator_ = '\0';  // Until the first record is read.
};

// The record as one of a CSV file, quoted where it must be.
std::string CsvLine(const std::vector<std::string>& fields, char separator);

}  // namespace portico::cli

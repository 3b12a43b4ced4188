#include "tools/cli/row_source.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <utility>

#include "libs/base/status_macros.h"
#include "tools/cli/text_pieces.h"
#include "tools/cli/utf8.h"

namespace portico::cli {
namespace {

absl::Status CannotRead(int64_t line) {
  return absl::UnknownError(absl::StrCat("the file cannot be read on behind line ", line));
}

}  // namespace

absl::StatusOr<std::unique_ptr<CsvRows>> CsvRows::Open(std::istream& input, const ImportKind& kind,
                                                       const NamedHeaders& named) {
  std::unique_ptr<CsvRows> rows(new CsvRows(input));
  CsvRecord header;
  if (!rows->reader_.Next(header)) {
    return rpc::InvalidField("header", "got an empty file, want a header in its first line");
  }
  if (!header.wrong.empty()) return rpc::InvalidField("header", header.wrong);
  ASSIGN_OR_RETURN(rows->mapping_, HeaderMapping::Create(*kind.rows.message_type(), kind.resource,
                                                         header.fields, named));
  rows->header_ = std::move(header.raw);
  return rows;
}

absl::StatusOr<bool> CsvRows::Next(FileRow& row, google::protobuf::Message& message) {
  CsvRecord record;
  const int64_t line_before = row.line;
  if (!reader_.Next(record)) {
    if (reader_.failed()) return CannotRead(line_before);
    return false;
  }
  row = {.line = record.line, .raw = std::move(record.raw)};
  if (record.wrong.empty()) {
    row.wrong = mapping_.Fill(record.fields, message);
  } else {
    row.wrong = rpc::FieldViolation{"", std::move(record.wrong)};
  }
  return true;
}

absl::StatusOr<bool> JsonRows::Next(FileRow& row, google::protobuf::Message& message) {
  while (true) {
    const int64_t line = input_.line();
    size_t end;
    while ((end = input_.Unread().find('\n')) == std::string_view::npos &&
           input_.Unread().size() <= kLongestRow && input_.ReadMore()) {
    }
    if (input_.failed()) return CannotRead(line);
    const std::string_view unread = input_.Unread();
    if (unread.empty()) return false;
    end = std::min(end, unread.size());
    row = {.line = line, .raw = std::string(Trimmed(unread.substr(0, std::min(end, kLongestRow))))};
    input_.ConsumeLine();
    if (row.raw.empty()) continue;
    if (end > kLongestRow) {
      row.wrong = rpc::FieldViolation{"", "got more than a mebibyte, want less in a row"};
    } else if (!IsUtf8(row.raw)) {
      row.wrong = rpc::FieldViolation{"", "got bytes that are not UTF-8, want UTF-8"};
    } else if (const auto read = google::protobuf::util::JsonStringToMessage(row.raw, &message);
               !read.ok()) {
      row.wrong = rpc::FieldViolation{
          "", absl::StrCat("got no row in JSON: ", std::string(read.message()))};
    }
    return true;
  }
}

}  // namespace portico::cli

#include "tools/cli/csv_reader.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

#include <algorithm>

#include "tools/cli/utf8.h"

namespace portico::cli {
namespace {

constexpr std::string_view kSeparators = ",;\t";
constexpr size_t kNone = std::string_view::npos;

std::string_view WithoutLineBreak(std::string_view record) {
  if (record.ends_with('\n')) record.remove_suffix(1);
  if (record.ends_with('\r')) record.remove_suffix(1);
  return record;
}

// Of a whole record whose quotes are closed. Answers what is wrong with it.
std::string Split(std::string_view record, char separator, std::vector<std::string>& fields) {
  size_t at = 0;
  while (true) {
    std::string& field = fields.emplace_back();
    if (at < record.size() && record[at] == '"') {
      while (true) {
        const size_t quote = record.find('"', ++at);
        if (quote == kNone) return "got a quote that is not closed";
        field.append(record.substr(at, quote - at));
        at = quote + 1;
        if (at == record.size() || record[at] != '"') break;
        field.push_back('"');
      }
      if (at < record.size() && record[at] != separator) {
        return absl::StrCat("got text behind the closing quote of field ", fields.size(),
                            ", want a separator or the end of the line");
      }
    } else {
      const size_t end = std::min(record.find(separator, at), record.size());
      field.assign(record.substr(at, end - at));
      at = end;
    }
    if (at == record.size()) return "";
    ++at;
  }
}

}  // namespace

bool CsvReader::Next(CsvRecord& record) {
  record = {};
  if (!SkipEmptyLines()) return false;
  record.line = input_.line();
  const size_t end = FindEnd(record.wrong);
  if (!record.wrong.empty()) {
    Refuse(std::move(record.wrong), record);
    return true;
  }
  record.raw = WithoutLineBreak(input_.Unread().substr(0, end));
  if (separator_ == '\0') FindSeparator(record.raw);
  if (std::string wrong = Split(record.raw, separator_, record.fields); !wrong.empty()) {
    Refuse(std::move(wrong), record);
    return true;
  }
  if (!IsUtf8(record.raw)) {
    record.wrong = "got bytes that are not UTF-8, want UTF-8";
    record.fields.clear();
  }
  input_.Consume(end);
  return true;
}

void CsvReader::Refuse(std::string wrong, CsvRecord& record) {
  const std::string_view unread = input_.Unread();
  const size_t end = std::min(unread.find('\n'), unread.size());
  record.raw = WithoutLineBreak(unread.substr(0, std::min(end, kLongestRow)));
  record.fields.clear();
  record.wrong = std::move(wrong);
  input_.ConsumeLine();
}

bool CsvReader::SkipEmptyLines() {
  while (true) {
    if (input_.Unread().size() < 2) input_.ReadMore();
    const std::string_view unread = input_.Unread();
    if (unread.empty()) return false;
    if (unread.starts_with('\n')) {
      input_.Consume(1);
    } else if (unread.starts_with("\r\n")) {
      input_.Consume(2);
    } else {
      return true;
    }
  }
}

// How long the record is, with its line break. Quotes open only where a field begins: before the
// separator is known, behind any of them.
size_t CsvReader::FindEnd(std::string& wrong) {
  const auto separates = [this](char c) {
    return separator_ == '\0' ? kSeparators.find(c) != kNone : c == separator_;
  };
  bool quoted = false, begins_field = true;
  size_t at = 0;
  while (true) {
    const std::string_view unread = input_.Unread();
    for (; at < std::min(unread.size(), kLongestRow); ++at) {
      const char c = unread[at];
      if (quoted) {
        // A doubled one opens again at once.
        quoted = c != '"';
        begins_field = !quoted;
      } else if (c == '\n') {
        return at + 1;
      } else {
        quoted = c == '"' && begins_field;
        begins_field = separates(c);
      }
    }
    if (at == kLongestRow || !input_.ReadMore()) {
      if (quoted) {
        wrong = "got a quote that is not closed";
      } else if (at == kLongestRow) {
        wrong = "got more than a mebibyte, want less in a row";
      }
      return at;
    }
  }
}

void CsvReader::FindSeparator(std::string_view record) {
  size_t most = 0;
  separator_ = kSeparators[0];
  for (const char candidate : kSeparators) {
    size_t count = 0;
    bool quoted = false;
    for (const char c : record) {
      if (c == '"') quoted = !quoted;
      if (c == candidate && !quoted) ++count;
    }
    if (count > most) {
      most = count;
      separator_ = candidate;
    }
  }
}

std::string CsvLine(const std::vector<std::string>& fields, char separator) {
  std::string line;
  for (const std::string& field : fields) {
    if (&field != &fields.front()) line.push_back(separator);
    const bool is_plain = field.find_first_of("\"\r\n") == kNone && field.find(separator) == kNone;
    absl::StrAppend(
        &line,
        is_plain ? field : absl::StrCat("\"", absl::StrReplaceAll(field, {{"\"", "\"\""}}), "\""));
  }
  return line;
}

}  // namespace portico::cli

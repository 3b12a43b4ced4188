#include "libs/storage/sql_text.h"

#include <algorithm>
#include <cctype>

namespace portico::storage {
namespace {

struct Token {
  std::string_view text;
  bool comment = false;
};

// Where the text from `begin` ends with `end`, or at the end of `sql`.
size_t Past(std::string_view sql, std::string_view end, size_t begin) {
  const size_t found = sql.find(end, begin);
  return found == std::string_view::npos ? sql.size() : found + end.size();
}

// Cuts a quoted text, a comment, a "::" or one character off the front of `sql`.
// A doubled quote inside quotes ends one quoted text and begins the next.
Token TakeToken(std::string_view& sql) {
  size_t size = 1;
  bool comment = false;
  if (sql.front() == '\'' || sql.front() == '"') {
    size = Past(sql, sql.substr(0, 1), 1);
  } else if (sql.starts_with("--")) {
    size = Past(sql, "\n", 2);
    comment = true;
  } else if (sql.starts_with("/*")) {
    size = Past(sql, "*/", 2);
    comment = true;
  } else if (sql.starts_with("::")) {
    size = 2;
  }
  const Token token{sql.substr(0, size), comment};
  sql.remove_prefix(size);
  return token;
}

bool IsBlank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool IsNameStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsNamePart(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Cuts a keyword off the front of `sql`, in lower case, with the blanks before it.
bool TakeKeyword(std::string_view& sql, std::string_view keyword) {
  const auto begin = std::ranges::find_if_not(sql, IsBlank);
  std::string_view rest = sql.substr(begin - sql.begin());
  if (!rest.starts_with(keyword)) return false;
  rest.remove_prefix(keyword.size());
  if (!rest.empty() && IsNamePart(rest.front())) return false;
  sql = rest;
  return true;
}

bool TakeLastWord(std::string_view& sql, std::string_view word) {
  while (!sql.empty() && IsBlank(sql.back())) sql.remove_suffix(1);
  if (!sql.ends_with(word)) return false;
  sql.remove_suffix(word.size());
  return true;
}

// Whether `statement` is a trigger whose body goes on: what ends it is an "end" behind the last of
// its own statements.
bool IsOpenTrigger(std::string_view statement) {
  std::string_view begin = statement;
  if (!TakeKeyword(begin, "create") || !TakeKeyword(begin, "trigger")) return false;
  if (statement.find("begin") == std::string_view::npos) return false;
  return !TakeLastWord(statement, "end") || !TakeLastWord(statement, ";");
}

}  // namespace

std::vector<std::string> SplitStatements(std::string_view sql) {
  std::vector<std::string> statements;
  std::string statement;
  std::string code;  // The same without its comments.
  bool empty = true;
  const auto end = [&] {
    if (!empty) statements.push_back(statement);
    statement.clear();
    code.clear();
    empty = true;
  };
  while (!sql.empty()) {
    const Token token = TakeToken(sql);
    if (token.text == ";" && !IsOpenTrigger(code)) {
      end();
    } else {
      statement += token.text;
      if (!token.comment) code += token.text;
      if (!token.comment && !std::ranges::all_of(token.text, IsBlank)) empty = false;
    }
  }
  end();
  return statements;
}

std::vector<std::string> PlaceholderNames(std::string_view sql) {
  std::vector<std::string> names;
  while (!sql.empty()) {
    if (TakeToken(sql).text != ":" || sql.empty() || !IsNameStart(sql.front())) continue;
    const auto end = std::ranges::find_if_not(sql, IsNamePart);
    std::string name(sql.begin(), end);
    sql.remove_prefix(name.size());
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace portico::storage

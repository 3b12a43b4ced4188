#include "libs/storage/id_list.h"

#include <absl/strings/str_cat.h>

#include <nlohmann/json.hpp>
#include <tuple>
#include <vector>

#include "libs/base/status_macros.h"

namespace portico::storage {

std::string ListOf(std::span<const std::string> texts) {
  using nlohmann::json;
  json list = json::array();
  for (const std::string& text : texts) list.push_back(text);
  return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string ListOf(std::span<const TextPair> pairs) {
  using nlohmann::json;
  json list = json::array();
  for (const auto& [first, second] : pairs) list.push_back(json::array({first, second}));
  return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string AreAmong(const Session& session, std::string_view first_column,
                     std::string_view second_column, std::string_view argument) {
  return absl::StrCat("(", std::string(first_column), ", ", std::string(second_column),
                      ") in (select value ->> 0, value ->> 1 from ",
                      session.is_remote() ? "jsonb_array_elements(cast(" : "json_each(",
                      std::string(argument), session.is_remote() ? " as jsonb)))" : "))");
}

absl::StatusOr<std::set<std::string>> SelectAmong(Session& session, std::string_view select,
                                                  std::string_view column,
                                                  std::span<const std::string> texts,
                                                  std::string_view condition) {
  std::set<std::string> found;
  if (texts.empty()) return found;
  std::string sql = absl::StrCat(std::string(select), " where ", session.IsAmong(column, ":texts"));
  if (!condition.empty()) absl::StrAppend(&sql, " and ", std::string(condition));
  using Row = std::tuple<std::string>;
  ASSIGN_OR_RETURN(std::vector<Row> rows, session.Select<std::string>(sql, ListOf(texts)));
  for (auto& [text] : rows) found.insert(std::move(text));
  return found;
}

}  // namespace portico::storage

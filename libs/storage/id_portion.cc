#include "libs/storage/id_portion.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "libs/base/status_macros.h"

namespace portico::storage {
namespace {

constexpr size_t kSmallPortion = 8;
constexpr size_t kPortion = 128;

}  // namespace

std::vector<Value> IdPortion::Arguments() const {
  std::vector<Value> arguments;
  for (const std::string& id : ids) arguments.push_back(ToValue(id));
  return arguments;
}

std::vector<IdPortion> InPortions(std::vector<std::string> ids, std::string_view column) {
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  std::vector<IdPortion> portions;
  for (size_t begin = 0; begin < ids.size(); begin += kPortion) {
    const size_t end = std::min(begin + kPortion, ids.size());
    IdPortion& portion = portions.emplace_back();
    portion.ids.assign(std::make_move_iterator(ids.begin() + begin),
                       std::make_move_iterator(ids.begin() + end));
    portion.ids.resize(end - begin <= kSmallPortion ? kSmallPortion : kPortion, portion.ids.back());
    portion.where = absl::StrCat("where ", std::string(column), " in (");
    for (size_t i = 0; i < portion.ids.size(); ++i) {
      absl::StrAppend(&portion.where, i > 0 ? ", :id" : ":id", i);
    }
    portion.where += ")";
  }
  return portions;
}

absl::StatusOr<std::set<std::string>> SelectAmong(Session& session, std::string_view select,
                                                  std::string_view column,
                                                  std::vector<std::string> ids,
                                                  std::string_view condition) {
  static constexpr ValueKind kText[] = {ValueKind::kText};
  std::set<std::string> found;
  for (const IdPortion& portion : InPortions(std::move(ids), column)) {
    std::string sql = absl::StrCat(std::string(select), " ", portion.where);
    if (!condition.empty()) absl::StrAppend(&sql, " and ", std::string(condition));
    RETURN_IF_ERROR(
        session.SelectCells(sql, portion.Arguments(), kText, [&](std::span<const Cell> cells) {
          found.insert(cells[0].text);
          return absl::OkStatus();
        }));
  }
  return found;
}

}  // namespace portico::storage

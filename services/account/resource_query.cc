#include "services/account/resource_query.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <iterator>

#include "libs/rpc/errors.h"
#include "libs/storage/page_token.h"

namespace portico::account {
namespace {

constexpr size_t kDefaultPageSize = 50;
constexpr size_t kSmallPortion = 8;
constexpr size_t kPortion = 128;

}  // namespace

absl::StatusOr<PageQuery> PageQuery::Parse(std::string_view table, std::span<const Filter> filters,
                                           int32_t page_size, std::string_view page_token) {
  PageQuery query;
  query.filters_ = filters;
  query.page_size_ = page_size > 0 ? page_size : kDefaultPageSize;
  query.fingerprint_ = table;
  query.rest_ = "where id > :after";
  for (const auto& [column, value] : filters) {
    if (value.empty()) continue;
    query.fingerprint_.append("\n").append(column).append("=").append(value);
    query.rest_.append(" and ").append(column).append(" = :").append(column);
  }
  query.rest_ += " order by id limit :limit";
  auto key = storage::DecodePageToken(page_token, query.fingerprint_);
  if (!key.ok() || key->size() > 1) {
    return rpc::InvalidField("page_token", absl::StrCat("got ", rpc::Quoted(page_token),
                                                        ", want next_page_token of this list"));
  }
  if (!key->empty()) query.after_ = key->front();
  return query;
}

std::vector<storage::Value> PageQuery::Arguments() const {
  std::vector<storage::Value> arguments = {storage::ToValue(after_)};
  for (const Filter& filter : filters_) {
    if (!filter.value.empty()) arguments.push_back(storage::ToValue(filter.value));
  }
  arguments.push_back(storage::ToValue(page_size_ + 1));
  return arguments;
}

std::string PageQuery::TokenAfter(const std::string& last_id) const {
  return storage::EncodePageToken({&last_id, 1}, fingerprint_);
}

std::vector<storage::Value> IdPortion::Arguments() const {
  std::vector<storage::Value> arguments;
  for (const std::string& id : ids) arguments.push_back(storage::ToValue(id));
  return arguments;
}

std::vector<IdPortion> InPortions(std::vector<std::string> ids) {
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  std::vector<IdPortion> portions;
  for (size_t begin = 0; begin < ids.size(); begin += kPortion) {
    const size_t end = std::min(begin + kPortion, ids.size());
    IdPortion& portion = portions.emplace_back();
    portion.ids.assign(std::make_move_iterator(ids.begin() + begin),
                       std::make_move_iterator(ids.begin() + end));
    portion.ids.resize(end - begin <= kSmallPortion ? kSmallPortion : kPortion, portion.ids.back());
    portion.where = "where id in (";
    for (size_t i = 0; i < portion.ids.size(); ++i) {
      absl::StrAppend(&portion.where, i > 0 ? ", :id" : ":id", i);
    }
    portion.where += ")";
  }
  return portions;
}

}  // namespace portico::account

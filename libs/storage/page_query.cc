#include "libs/storage/page_query.h"

#include "libs/storage/page_token.h"

namespace portico::storage {

PageQuery::PageQuery(std::string_view list, Order order) : order_(order), fingerprint_(list) {}

PageQuery& PageQuery::Where(std::string_view condition, std::string value) {
  if (value.empty()) return *this;
  Where(condition);
  fingerprint_.append("\n").append(value);
  values_.emplace_back(std::move(value));
  return *this;
}

PageQuery& PageQuery::Where(std::string_view condition, int64_t value) {
  if (value == 0) return *this;
  Where(condition, std::to_string(value));
  values_.back() = value;
  return *this;
}

PageQuery& PageQuery::Where(std::string_view condition) {
  conditions_.append(conditions_.empty() ? "where " : " and ").append(condition);
  fingerprint_.append("\n").append(condition);
  return *this;
}

absl::StatusOr<PageQuery::Statement> PageQuery::Prepare(size_t size,
                                                        std::string_view page_token) const {
  const bool falling = order_ == Order::kByIdFalling;
  Statement statement{conditions_, values_};
  ASSIGN_OR_RETURN(const std::vector<std::string> key, DecodePageToken(page_token, fingerprint_));
  if (!key.empty()) {
    statement.rest += conditions_.empty() ? "where" : " and";
    statement.rest += falling ? " id < :after" : " id > :after";
    statement.values.emplace_back(key.front());
  }
  statement.rest += falling ? " order by id desc limit :limit" : " order by id limit :limit";
  statement.values.emplace_back(static_cast<int64_t>(size) + 1);
  return statement;
}

std::vector<Value> PageQuery::Statement::Arguments() const {
  std::vector<Value> arguments;
  for (const Argument& value : values) {
    arguments.push_back(std::visit([](const auto& held) { return ToValue(held); }, value));
  }
  return arguments;
}

std::string PageQuery::TokenAfter(const std::string& last_id) const {
  return EncodePageToken({&last_id, 1}, fingerprint_);
}

}  // namespace portico::storage

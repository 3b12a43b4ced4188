#include "services/contact/contact_query.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "libs/mail/address.h"
#include "libs/rpc/errors.h"
#include "libs/storage/page_token.h"

namespace portico::contact {
namespace {

constexpr size_t kDefaultPageSize = 50;
constexpr size_t kSmallPortion = 8;
constexpr size_t kPortion = 128;

}  // namespace

absl::StatusOr<ContactQuery> ContactQuery::Parse(const v1::ListContactsRequest& request) {
  ContactQuery query;
  query.page_size_ = request.page_size() > 0 ? request.page_size() : kDefaultPageSize;
  // The conditions are worded as the indexes are, so that these serve them.
  query.Add("account_id = :account_id", request.account_id());
  query.Add("site_id <> '' and site_id = :site_id", request.site_id());
  query.Add("lower(email) = lower(:email)", mail::NormalizeAddress(request.email()));
  auto key = storage::DecodePageToken(request.page_token(), query.fingerprint_);
  if (!key.ok() || key->size() > 1) {
    return rpc::InvalidField("page_token", absl::StrCat("got ", rpc::Quoted(request.page_token()),
                                                        ", want next_page_token of this list"));
  }
  absl::StrAppend(&query.rest_, query.rest_.empty() ? "where" : " and",
                  " id > :after order by id limit :limit");
  query.values_.push_back(key->empty() ? "" : key->front());
  return query;
}

void ContactQuery::Add(std::string condition, std::string value) {
  if (value.empty()) return;
  absl::StrAppend(&rest_, rest_.empty() ? "where " : " and ", condition);
  absl::StrAppend(&fingerprint_, condition, "\n", value, "\n");
  values_.push_back(std::move(value));
}

std::vector<storage::Value> ContactQuery::Arguments() const {
  std::vector<storage::Value> arguments;
  for (const std::string& value : values_) arguments.push_back(storage::ToValue(value));
  arguments.push_back(storage::ToValue(page_size_ + 1));
  return arguments;
}

std::string ContactQuery::TokenAfter(const std::string& last_id) const {
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

}  // namespace portico::contact

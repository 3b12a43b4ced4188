#include "services/invitation/suppression_store.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <array>
#include <map>
#include <span>
#include <tuple>
#include <utility>

#include "libs/auth/encoding.h"
#include "libs/base/clock.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/storage/id_list.h"
#include "libs/storage/page_query.h"
#include "libs/storage/page_token.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using portico::invitation::v1::ListSuppressionsRequest;
using portico::invitation::v1::ListSuppressionsResponse;
using storage::Session;

namespace {

// What stands for an address once it is erased; no address has a colon. Without a key, which could
// never be replaced, as there is nothing left to hash anew.
std::string HashOf(const std::string& address_key) {
  return absl::StrCat("sha256:", auth::EncodeBase64Url(Sha256(address_key)));
}

constexpr char kSelect[] = "select address_key, kind, reason, actor, create_time from suppression ";

Suppression ToSuppression(std::tuple<std::string, int64_t, std::string, std::string, int64_t> row) {
  auto& [address, reason, text, actor, create_time] = row;
  Suppression suppression;
  suppression.set_address(std::move(address));
  suppression.set_reason(static_cast<SuppressionReason>(reason));
  suppression.set_text(std::move(text));
  suppression.set_actor(std::move(actor));
  *suppression.mutable_create_time() = TimeUtil::MicrosecondsToTimestamp(create_time);
  return suppression;
}

// The keys of those of the addresses that stand here and that `condition` holds of.
absl::StatusOr<std::set<std::string>> SelectAddresses(Session& session,
                                                      const std::vector<std::string>& addresses,
                                                      std::string_view condition) {
  std::map<std::string, std::string> keys;  // By what each may stand under.
  std::vector<std::string> sought;
  for (const std::string& address : addresses) {
    const std::string key = mail::AddressKey(address);
    for (const std::string& form : {key, HashOf(key)}) {
      if (keys.emplace(form, key).second) sought.push_back(form);
    }
  }
  ASSIGN_OR_RETURN(const std::set<std::string> found,
                   storage::SelectAmong(session, "select address_key from suppression",
                                        "address_key", sought, condition));
  std::set<std::string> suppressed;
  for (const std::string& form : found) suppressed.insert(keys.at(form));
  return suppressed;
}

}  // namespace

absl::StatusOr<bool> SuppressionStore::IsSuppressed(Session& session,
                                                    std::string_view address) const {
  const std::string key = mail::AddressKey(address);
  ASSIGN_OR_RETURN(const auto row,
                   session.SelectOne<std::string>(
                       "select reason from suppression where address_key in (:address_key, :hash)",
                       key, HashOf(key)));
  return row.has_value();
}

absl::StatusOr<std::set<std::string>> SuppressionStore::Suppressed(
    Session& session, const std::vector<std::string>& addresses) const {
  return SelectAddresses(session, addresses, "");
}

absl::StatusOr<std::set<std::string>> SuppressionStore::Unreachable(
    Session& session, const std::vector<std::string>& addresses) const {
  return SelectAddresses(session, addresses, "kind in (1, 2)");
}

absl::StatusOr<std::optional<Suppression>> SuppressionStore::Find(Session& session,
                                                                  std::string_view address) const {
  ASSIGN_OR_RETURN(
      auto rows,
      (session.Select<std::string, int64_t, std::string, std::string, int64_t>(
          absl::StrCat(kSelect, "where address_key = :address_key"), mail::AddressKey(address))));
  if (rows.empty()) return std::nullopt;
  return ToSuppression(std::move(rows.front()));
}

absl::Status SuppressionStore::Add(Session& session, std::string_view address,
                                   std::string_view text, absl::Time now, SuppressionReason reason,
                                   std::string_view actor) const {
  RETURN_IF_ERROR(stale_.AddAddress(session, mail::AddressKey(address)));
  return session
      .Execute(
          "insert into suppression (address_key, kind, reason, actor, create_time) "
          "values (:address_key, :kind, :reason, :actor, :create_time) "
          "on conflict (address_key) do update set kind = excluded.kind, "
          "reason = excluded.reason, actor = excluded.actor, create_time = excluded.create_time "
          "where excluded.kind in (1, 2) and suppression.kind in (3, 4)",
          mail::AddressKey(address), reason, text, actor, ToMicros(now))
      .status();
}

absl::StatusOr<bool> SuppressionStore::Remove(Session& session, std::string_view address) const {
  const std::string key = mail::AddressKey(address);
  RETURN_IF_ERROR(stale_.AddAddress(session, key));
  ASSIGN_OR_RETURN(
      const int64_t removed,
      session.Execute("delete from suppression where address_key in (:address_key, :hash)", key,
                      HashOf(key)));
  return removed > 0;
}

absl::Status SuppressionStore::Erase(Session& session, std::string_view address) const {
  const std::string key = mail::AddressKey(address);
  RETURN_IF_ERROR(
      session
          .Execute(
              "insert into suppression (address_key, kind, reason, create_time) "
              "select :hash, 0, '', create_time from suppression where address_key = :address_key "
              "on conflict do nothing",
              HashOf(key), key)
          .status());
  return session.Execute("delete from suppression where address_key = :address_key", key).status();
}

absl::StatusOr<ListSuppressionsResponse> SuppressionStore::List(
    Session& session, const ListSuppressionsRequest& request) const {
  std::string address = absl::AsciiStrToLower(request.address());
  absl::StripAsciiWhitespace(&address);
  const bool is_prefix = address.ends_with('*');
  if (is_prefix) address.pop_back();
  const std::string query =
      absl::StrCat("suppressions\n", address, "\n", is_prefix, "\n", request.reason());
  ASSIGN_OR_RETURN(const std::vector<std::string> after,
                   storage::DecodePageToken(request.page_token(), query));
  const int64_t size =
      request.page_size() > 0 ? request.page_size() : int64_t{storage::PageQuery::kDefaultPageSize};
  std::string where = "where substr(address_key, 1, 7) <> 'sha256:' and address_key > :after ";
  std::vector<storage::Argument> arguments = {after.empty() ? "" : after.front()};
  if (!address.empty()) {
    where += is_prefix ? "and substr(address_key, 1, length(:address)) = :address "
                       : "and address_key = :address ";
    arguments.emplace_back(address);
  }
  if (request.reason() != 0) {
    where += "and kind = :kind ";
    arguments.emplace_back(int64_t{request.reason()});
  }
  arguments.emplace_back(size + 1);
  ListSuppressionsResponse response;
  const std::vector<storage::Value> values = storage::ValuesOf(arguments);
  using enum storage::ValueKind;
  constexpr std::array kKinds{kText, kInteger, kText, kText, kInteger};
  RETURN_IF_ERROR(session.SelectCells(
      absl::StrCat(kSelect, where, "order by address_key limit :count"), values, kKinds,
      [&](std::span<const storage::Cell> cells) {
        *response.add_suppressions() = ToSuppression(
            {cells[0].text, cells[1].integer, cells[2].text, cells[3].text, cells[4].integer});
        return absl::OkStatus();
      }));
  if (response.suppressions_size() > size) {
    response.mutable_suppressions()->RemoveLast();
    const std::string last = response.suppressions(static_cast<int>(size) - 1).address();
    response.set_next_page_token(storage::EncodePageToken({&last, 1}, query));
  }
  return response;
}

}  // namespace portico::invitation

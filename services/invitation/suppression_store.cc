#include "services/invitation/suppression_store.h"

#include <absl/strings/str_cat.h>

#include <map>
#include <utility>

#include "libs/auth/encoding.h"
#include "libs/base/clock.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/storage/id_list.h"

namespace portico::invitation {
namespace {

// What stands for an address once it is erased; no address has a colon. Without a key, which could
// never be replaced, as there is nothing left to hash anew.
std::string HashOf(const std::string& address_key) {
  return absl::StrCat("sha256:", auth::EncodeBase64Url(Sha256(address_key)));
}

}  // namespace

absl::StatusOr<bool> SuppressionStore::IsSuppressed(storage::Session& session,
                                                    std::string_view address) const {
  const std::string key = mail::AddressKey(address);
  ASSIGN_OR_RETURN(const auto row,
                   session.SelectOne<std::string>(
                       "select reason from suppression where address_key in (:address_key, :hash)",
                       key, HashOf(key)));
  return row.has_value();
}

absl::StatusOr<std::set<std::string>> SuppressionStore::Suppressed(
    storage::Session& session, const std::vector<std::string>& addresses) const {
  std::map<std::string, std::string> keys;  // By what each may stand under.
  std::vector<std::string> sought;
  for (const std::string& address : addresses) {
    const std::string key = mail::AddressKey(address);
    for (const std::string& form : {key, HashOf(key)}) {
      if (keys.emplace(form, key).second) sought.push_back(form);
    }
  }
  ASSIGN_OR_RETURN(
      const std::set<std::string> found,
      storage::SelectAmong(session, "select address_key from suppression", "address_key", sought));
  std::set<std::string> suppressed;
  for (const std::string& form : found) suppressed.insert(keys.at(form));
  return suppressed;
}

absl::Status SuppressionStore::Add(storage::Session& session, std::string_view address,
                                   std::string_view reason, absl::Time now) const {
  RETURN_IF_ERROR(stale_.AddAddress(session, mail::AddressKey(address)));
  return session
      .Execute(
          "insert into suppression (address_key, reason, create_time) "
          "values (:address_key, :reason, :create_time) on conflict do nothing",
          mail::AddressKey(address), reason, ToMicros(now))
      .status();
}

absl::Status SuppressionStore::Erase(storage::Session& session, std::string_view address) const {
  const std::string key = mail::AddressKey(address);
  RETURN_IF_ERROR(
      session
          .Execute(
              "insert into suppression (address_key, reason, create_time) "
              "select :hash, '', create_time from suppression where address_key = :address_key "
              "on conflict do nothing",
              HashOf(key), key)
          .status());
  return session.Execute("delete from suppression where address_key = :address_key", key).status();
}

}  // namespace portico::invitation

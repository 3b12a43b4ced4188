#include "services/invitation/suppression_store.h"

#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/storage/id_list.h"

namespace portico::invitation {

absl::StatusOr<bool> SuppressionStore::IsSuppressed(storage::Session& session,
                                                    std::string_view address) const {
  ASSIGN_OR_RETURN(const auto row,
                   session.SelectOne<std::string>(
                       "select reason from suppression where address_key = :address_key",
                       mail::AddressKey(address)));
  return row.has_value();
}

absl::StatusOr<std::set<std::string>> SuppressionStore::Suppressed(
    storage::Session& session, const std::vector<std::string>& addresses) const {
  std::vector<std::string> keys;
  for (const std::string& address : addresses) keys.push_back(mail::AddressKey(address));
  return storage::SelectAmong(session, "select address_key from suppression", "address_key",
                              keys);
}

absl::Status SuppressionStore::Add(storage::Session& session, std::string_view address,
                                   std::string_view reason, absl::Time now) const {
  return session
      .Execute(
          "insert into suppression (address_key, reason, create_time) "
          "values (:address_key, :reason, :create_time) on conflict do nothing",
          mail::AddressKey(address), reason, ToMicros(now))
      .status();
}

}  // namespace portico::invitation

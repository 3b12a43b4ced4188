#include "services/invitation/suppression_store.h"

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/mail/address.h"

namespace portico::invitation {

absl::StatusOr<bool> SuppressionStore::IsSuppressed(storage::Session& session,
                                                    std::string_view address) const {
  ASSIGN_OR_RETURN(const auto row,
                   session.SelectOne<std::string>(
                       "select reason from suppression where address_key = :address_key",
                       mail::AddressKey(address)));
  return row.has_value();
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

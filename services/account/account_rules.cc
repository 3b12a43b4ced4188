#include "services/account/account_rules.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <string>

#include "libs/rpc/errors.h"

namespace portico::account {
namespace {

using v1::Account;
using v1::Address;
using v1::Money;
using v1::Site;

bool IsUpperCase(const std::string& code, size_t letters) {
  return code.size() == letters && std::ranges::all_of(code, absl::ascii_isupper);
}

void CheckAddress(const std::string& field, const Address& address, rpc::FieldErrors& errors) {
  const std::string& country = address.country_code();
  if (!country.empty() && !IsUpperCase(country, 2)) {
    errors.Add(field + ".country_code",
               "got " + rpc::Quoted(country) + ", want two upper-case letters such as \"US\"");
  }
}

}  // namespace

void CheckMoney(const std::string& field, const Money& money, rpc::FieldErrors& errors) {
  const std::string& currency = money.currency_code();
  if (currency.empty() ? money.amount_minor() != 0 : !IsUpperCase(currency, 3)) {
    errors.Add(field + ".currency_code",
               "got " + rpc::Quoted(currency) + ", want three upper-case letters such as \"USD\"");
  }
}

absl::Status Complete(Account& account) {
  rpc::FieldErrors errors;
  CheckAddress("account.address", account.address(), errors);
  CheckMoney("account.balance_due", account.balance_due(), errors);
  return errors.ToStatus();
}

void SetDefaults(Site& site) {
  if (site.status() == v1::SITE_STATUS_UNSPECIFIED) site.set_status(v1::SITE_STATUS_ACTIVE);
}

absl::Status Complete(Site& site) {
  rpc::FieldErrors errors;
  if (site.status() == v1::SITE_STATUS_UNSPECIFIED) {
    errors.Add("site.status", "got nothing, want a value");
  }
  CheckAddress("site.address", site.address(), errors);
  return errors.ToStatus();
}

}  // namespace portico::account

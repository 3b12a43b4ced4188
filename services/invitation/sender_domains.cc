#include "services/invitation/sender_domains.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_join.h>

#include "libs/mail/address.h"

namespace portico::invitation {
namespace {

std::string DomainOf(std::string_view address) {
  const std::string ascii = mail::WithAsciiDomain(mail::NormalizeAddress(address));
  return absl::AsciiStrToLower(ascii.substr(ascii.rfind('@') + 1));
}

}  // namespace

SenderDomains::SenderDomains(const std::vector<std::string>& domains) {
  for (const std::string& domain : domains) domains_.insert(DomainOf("x@" + domain));
}

bool SenderDomains::IsAllowedSender(std::string_view address) const {
  return mail::IsValidAddress(address) &&
         (domains_.empty() || domains_.contains(DomainOf(address)));
}

std::string SenderDomains::Text() const { return absl::StrJoin(domains_, ", "); }

}  // namespace portico::invitation

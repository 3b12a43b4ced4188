#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace portico::invitation {

// The domains that mail may be sent from: those that the mail server is known to send for. Thread-
// safe.
class SenderDomains {
 public:
  // None: whoever may set a division's address is trusted to know.
  SenderDomains() = default;
  explicit SenderDomains(const std::vector<std::string>& domains);

  // Whether it is an address, of a domain that mail may be sent from.
  bool IsAllowedSender(std::string_view address) const;

  // For errors: "hauler.example, mail.hauler.example".
  std::string Text() const;

 private:
  std::set<std::string, std::less<>> domains_;  // In ASCII and lower case.
};

}  // namespace portico::invitation

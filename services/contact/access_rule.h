#pragma once

#include <string>
#include <vector>

#include "portico/contact/v1/contact_service.pb.h"

namespace portico::contact {

// What is known of one contact when somebody asks what it may see.
struct AccessFacts {
  bool enabled = false;               // Linked, and portal access switched on.
  std::string account_id;
  std::string site_id;                // Empty for a contact of the account.
  std::vector<std::string> granted;   // Empty for all.
};

// The question's account, or the one it was merged into, and whose site its site is: "" for none.
struct AskedFor {
  std::string account_id;
  std::string site_id;
  std::string account_of_site;
};

// Whether one of the contacts, which are one person's, may see it (product rule: portal access is
// to all sites of the account, or only chosen ones; a contact of one site sees that at most).
v1::CheckAccessResponse MaySee(const std::vector<AccessFacts>& contacts, const AskedFor& asked);

}  // namespace portico::contact

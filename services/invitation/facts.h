#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "libs/mail/message.h"
#include "libs/rpc/peer.h"
#include "portico/account/v1/account.pb.h"
#include "portico/contact/v1/contact_service.pb.h"
#include "services/invitation/sender_domains.h"

namespace portico::invitation {

// What an invitation depends on and tells of an account.
struct AccountFacts {
  std::string id;
  std::string number;
  std::string name;
  bool active = false;
  bool class_portal_enabled = false;
  bool class_auto_send = false;
  std::string division_id;
  std::string division_name;
  mail::Mailbox sender;
};

// How long an invitation can be accepted, and when reminders of it are mailed, from its first mail.
struct InvitationTerms {
  absl::Duration lifetime;
  std::vector<absl::Duration> reminders = {};
};

// Accounts and the portal's options, all of one moment.
struct Facts {
  std::map<std::string, AccountFacts, std::less<>> accounts;
  std::string portal_url;   // Without a slash at its end.
  std::string template_id;  // Empty for the default one.
  InvitationTerms terms;
  std::string sender;  // Where no account's division has one.

  const AccountFacts* Find(std::string_view account_id) const;
};

// Where the portal options leave something open.
struct Defaults {
  std::string portal_url;
  // The sender where neither the division nor the portal options have one that is allowed.
  std::string sender;
  SenderDomains sender_domains = {};
};

// "noreply@" and the host of the portal's URL; "noreply@portal.invalid" where
// that is no mail domain, such as localhost.
std::string DefaultSender(std::string_view portal_url);

Facts ReadFacts(const portico::account::v1::BatchGetAccountsResponse& response,
                const Defaults& defaults);

// Asks the owners of accounts and contacts. Thread-safe.
class FactSource {
 public:
  FactSource(rpc::Peer& account, rpc::Peer& contact, Defaults defaults)
      : account_(account), contact_(contact), defaults_(std::move(defaults)) {}

  // The accounts that exist of these, in one call; of none, only the portal's options.
  // UNAVAILABLE and the like: the account service is away.
  absl::StatusOr<Facts> Accounts(const std::set<std::string>& ids);

  // NOT_FOUND: there is no such contact. UNAVAILABLE and the like: the contact service is away.
  absl::StatusOr<portico::contact::v1::Contact> Contact(const std::string& id);

 private:
  rpc::Peer& account_;
  rpc::Peer& contact_;
  const Defaults defaults_;
};

}  // namespace portico::invitation

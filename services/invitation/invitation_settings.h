#pragma once

#include "libs/rpc/process.h"
#include "libs/settings/groups.h"
#include "services/invitation/delivery_queue.h"

namespace portico::invitation {

struct Settings {
  void Declare(settings::Parser& parser);

  rpc::ProcessSettings process{"invitation"};
  settings::DatabaseSettings database{"invitation"};
  settings::EventsSettings events;
  settings::PeerSettings account{"account"};
  settings::PeerSettings contact{"contact"};
  settings::PeerSettings registration{"registration"};
  settings::SealSettings seal;
  Secret smtp_url{"maildir:var/mail"};
  std::string smtp_ca;
  std::string bounce_address;
  std::string bounce_maildir;
  std::vector<std::string> sender_domains;
  std::string portal_url = "http://127.0.0.1:8080";
  int64_t delivery_workers = 8;
  int64_t delivery_max_per_second = 0;
  int64_t delivery_max_per_domain_per_second = 0;
  absl::Duration delivery_give_up = absl::Hours(48);
  int64_t bulk_confirm_above = 100;
  // Names this process among those that share the database; empty for a name that no other has.
  std::string instance;
};

}  // namespace portico::invitation

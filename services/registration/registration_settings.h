#pragma once

#include "libs/rpc/process.h"
#include "libs/settings/groups.h"
#include "services/registration/lockout_store.h"
#include "services/registration/session_store.h"

namespace portico::registration {

struct Settings {
  void Declare(settings::Parser& parser);

  rpc::ProcessSettings process{"registration"};
  settings::DatabaseSettings database{"registration"};
  settings::EventsSettings events;
  settings::PeerSettings account{"account"};
  settings::PeerSettings contact{"contact"};
  settings::PeerSettings invitation{"invitation"};
  SessionLifetimes sessions;
  LockoutPolicy lockout;
  // Debian's python3-django has it.
  std::string common_passwords =
      "/usr/lib/python3/dist-packages/django/contrib/auth/common-passwords.txt.gz";
};

}  // namespace portico::registration

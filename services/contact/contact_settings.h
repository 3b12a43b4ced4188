#pragma once

#include "libs/rpc/process.h"
#include "libs/settings/groups.h"

namespace portico::contact {

struct Settings {
  void Declare(settings::Parser& parser) {
    process.Declare(parser);
    database.Declare(parser);
    events.Declare(parser);
    account.Declare(parser);
    invitation.Declare(parser);
    registration.Declare(parser);
  }

  rpc::ProcessSettings process{"contact"};
  settings::DatabaseSettings database{"contact"};
  settings::EventsSettings events;
  settings::PeerSettings account{"account"};
  settings::PeerSettings invitation{"invitation"};
  settings::PeerSettings registration{"registration"};
};

}  // namespace portico::contact

#pragma once

#include "libs/rpc/process.h"
#include "libs/settings/groups.h"

namespace portico::account {

struct Settings {
  void Declare(settings::Parser& parser) {
    process.Declare(parser);
    database.Declare(parser);
    events.Declare(parser);
  }

  rpc::ProcessSettings process{"account"};
  settings::DatabaseSettings database{"account"};
  settings::EventsSettings events;
};

}  // namespace portico::account

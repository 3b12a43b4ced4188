#pragma once

#include <string>

#include "libs/rpc/process.h"
#include "libs/settings/groups.h"

namespace portico::account {

struct Settings {
  void Declare(settings::Parser& parser) {
    process.Declare(parser);
    database.Declare(parser);
    events.Declare(parser);
    contact.Declare(parser);
    enrollment.Declare(parser);
    parser.Text("PORTICO_PORTAL_URL", &portal_url,
                "Where the links in invoices lead while the portal options name no URL.");
  }

  rpc::ProcessSettings process{"account"};
  settings::DatabaseSettings database{"account"};
  settings::EventsSettings events;
  settings::PeerSettings contact{"contact"};
  settings::EnrollmentSettings enrollment;
  std::string portal_url = "http://127.0.0.1:8080";
};

}  // namespace portico::account

#pragma once

#include <string>
#include <vector>

#include "libs/settings/groups.h"
#include "services/gateway/gateway.h"

namespace portico::gateway {

struct Settings {
  void Declare(settings::Parser& parser);

  settings::ListenSettings listen{"gateway"};
  settings::PeerSettings account{"account"};
  settings::PeerSettings contact{"contact"};
  settings::PeerSettings invitation{"invitation"};
  settings::PeerSettings registration{"registration"};
  settings::TlsSettings tls;
  settings::MetricsSettings metrics;
  settings::LogSettings log;
  std::string https_cert, https_key;
  std::vector<std::string> trusted_proxies;
  absl::Duration drain_time = absl::Seconds(20);
};

}  // namespace portico::gateway

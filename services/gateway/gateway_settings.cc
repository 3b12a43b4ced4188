#include "services/gateway/gateway_settings.h"

namespace portico::gateway {

void Settings::Declare(settings::Parser& parser) {
  listen.Declare(parser);
  account.Declare(parser);
  contact.Declare(parser);
  invitation.Declare(parser);
  registration.Declare(parser);
  tls.Declare(parser);
  metrics.Declare(parser);
  log.Declare(parser);
  parser.Text("PORTICO_HTTPS_CERT", &https_cert, "PEM certificate chain for HTTPS; empty for HTTP");
  parser.Text("PORTICO_HTTPS_KEY", &https_key, "PEM private key of that certificate");
  parser.List("PORTICO_TRUSTED_PROXIES", &trusted_proxies,
              "Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto count");
  parser.Duration("PORTICO_DRAIN_TIME", &drain_time,
                  "After a stop signal: how long running requests have to finish");
}

}  // namespace portico::gateway

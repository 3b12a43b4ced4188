#include "libs/events/publication.h"

namespace portico::events {

absl::StatusOr<std::unique_ptr<Broker>> OpenBroker(const settings::EventsSettings& settings) {
  if (settings.embedded()) return nullptr;
  return Broker::Open({.url = settings.url,
                       .credentials_file = settings.credentials_file,
                       .ca_file = settings.ca_file,
                       .cert_file = settings.cert_file,
                       .key_file = settings.key_file});
}

Publication::Publication(EventLog& log, storage::Database& database, Broker* broker,
                         const settings::EventsSettings& settings)
    : log_(log), retention_(settings.retention) {
  if (broker == nullptr) return;
  relay_ = std::make_unique<Relay>(log, database, *broker, static_cast<int>(settings.replicas));
}

void Publication::Start() {
  if (relay_ != nullptr) relay_->Start();
  forgetting_ =
      std::make_unique<BackgroundLoop>("events", [this] { return log_.Forget(retention_); });
}

}  // namespace portico::events

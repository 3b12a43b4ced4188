#include "libs/events/broker.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"

namespace portico::events {
namespace {

constexpr int64_t kConnectMillis = 2000;
constexpr int64_t kRequestMillis = 2000;
constexpr int64_t kReconnectMillis = 250;
// A server that is gone without a word shows within 15 seconds.
constexpr int64_t kPingMillis = 5000;
constexpr int kPings = 2;

void TellConnected(natsConnection*, void*) { log::Info("connected to NATS", {}); }
void TellLost(natsConnection*, void*) { log::Warn("the connection to NATS is lost", {}); }
void TellError(natsConnection*, natsSubscription*, natsStatus error, void*) {
  // Whoever reads notices a missed heartbeat itself.
  if (error == NATS_MISSED_HEARTBEAT) return;
  log::Warn("NATS", {{"error", std::string(natsStatus_GetText(error))}});
}

absl::Status Configure(natsOptions* options, const BrokerOptions& wanted) {
  const std::vector<std::string> urls = absl::StrSplit(wanted.url.Reveal(), ',');
  std::vector<const char*> servers;
  for (const std::string& url : urls) servers.push_back(url.c_str());
  if (natsOptions_SetServers(options, servers.data(), static_cast<int>(servers.size())) !=
      NATS_OK) {
    return absl::InvalidArgumentError("PORTICO_EVENTS_URL: want embedded or nats://host:port");
  }
  const auto set = [](natsStatus status, std::string_view file) {
    if (status == NATS_OK) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("NATS: cannot use the file ", std::string(file),
                                                   ": ", natsStatus_GetText(status)));
  };
  if (!wanted.credentials_file.empty()) {
    RETURN_IF_ERROR(set(
        natsOptions_SetUserCredentialsFromFiles(options, wanted.credentials_file.c_str(), nullptr),
        wanted.credentials_file));
  }
  if (!wanted.ca_file.empty()) {
    RETURN_IF_ERROR(set(natsOptions_LoadCATrustedCertificates(options, wanted.ca_file.c_str()),
                        wanted.ca_file));
    natsOptions_SetSecure(options, true);
  }
  if (!wanted.cert_file.empty()) {
    RETURN_IF_ERROR(set(natsOptions_LoadCertificatesChain(options, wanted.cert_file.c_str(),
                                                          wanted.key_file.c_str()),
                        wanted.cert_file));
    natsOptions_SetSecure(options, true);
  }
  natsOptions_SetName(options, "portico");
  natsOptions_SetTimeout(options, kConnectMillis);
  natsOptions_SetRetryOnFailedConnect(options, true, TellConnected, nullptr);
  natsOptions_SetMaxReconnect(options, -1);
  natsOptions_SetReconnectWait(options, kReconnectMillis);
  natsOptions_SetPingInterval(options, kPingMillis);
  natsOptions_SetMaxPingsOut(options, kPings);
  natsOptions_SetDisconnectedCB(options, TellLost, nullptr);
  natsOptions_SetReconnectedCB(options, TellConnected, nullptr);
  natsOptions_SetErrorHandler(options, TellError, nullptr);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Broker>> Broker::Open(const BrokerOptions& options) {
  natsOptions* raw = nullptr;
  RETURN_IF_ERROR(FromNats(natsOptions_Create(&raw), "starting"));
  NatsOptions configured(raw);
  RETURN_IF_ERROR(Configure(raw, options));
  return std::unique_ptr<Broker>(new Broker(std::move(configured), options.quiet));
}

Broker::~Broker() {
  absl::MutexLock lock(&mutex_);
  // Nothing comes in any more for what is destroyed then.
  for (const Connection& each : connections_) natsConnection_Close(each.connection.get());
  ended_.clear();
}

absl::StatusOr<jsCtx*> Broker::Use() {
  absl::MutexLock lock(&mutex_);
  // It is closed for good once the server has refused us twice.
  if (connections_.empty() || natsConnection_IsClosed(connections_.back().connection.get())) {
    natsConnection* raw = nullptr;
    const natsStatus status = natsConnection_Connect(&raw, options_.get());
    if (status != NATS_OK && status != NATS_NOT_YET_CONNECTED) {
      return FromNats(status, "connecting");
    }
    NatsConnection connection(raw);
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = kRequestMillis;
    jsCtx* context = nullptr;
    RETURN_IF_ERROR(FromNats(natsConnection_JetStream(&context, raw, &options), "starting"));
    connections_.push_back({std::move(connection), JetStream(context)});
  }
  const Connection& connection = connections_.back();
  // What is sent meanwhile would be kept, and arrive when nobody expects it any more.
  if (natsConnection_Status(connection.connection.get()) != NATS_CONN_STATUS_CONNECTED) {
    return absl::UnavailableError("NATS: no connection");
  }
  return connection.stream.get();
}

void Broker::End(NatsSubscription subscription) {
  if (subscription == nullptr) return;
  natsSubscription_Unsubscribe(subscription.get());
  absl::MutexLock lock(&mutex_);
  ended_.push_back(std::move(subscription));
  natsConnection* connection = connections_.back().connection.get();
  // When its answer has come in, so has every message from before.
  if (natsConnection_Status(connection) == NATS_CONN_STATUS_CONNECTED &&
      natsConnection_FlushTimeout(connection, kRequestMillis) == NATS_OK) {
    ended_.clear();
  }
}

}  // namespace portico::events

#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/secret.h"
#include "libs/events/jetstream.h"

namespace portico::events {

struct BrokerOptions {
  Secret url;                    // nats://host:port or tls://…, several with commas between them.
  std::string credentials_file;  // A NATS user's JWT and key; may be empty.
  std::string ca_file;           // Who must have signed the server's certificate; may be empty.
  std::string cert_file;         // Our own certificate and its key; may be empty.
  std::string key_file;
  // How long a stream may bring nothing before the log itself is asked whether that is all.
  absl::Duration quiet = absl::Seconds(10);
};

// The connection to NATS, over whose JetStream logs travel beyond one machine. It is made when it
// is first needed, and again whenever it is lost. Thread-safe.
class Broker {
 public:
  // INVALID_ARGUMENT: the URL is none, or a file cannot be read.
  static absl::StatusOr<std::unique_ptr<Broker>> Open(const BrokerOptions& options);
  ~Broker();

  absl::Duration quiet() const { return quiet_; }

  // What all requests go through; it lives as long as the broker.
  // UNAVAILABLE: there is no connection now.
  absl::StatusOr<jsCtx*> Use() ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends a subscription that was made with Use(), which nobody reads any more. Version 3.4 of the
  // client uses a subscription after it was destroyed, if a message for it is just coming in.
  void End(NatsSubscription subscription) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  Broker(NatsOptions options, absl::Duration quiet) : options_(std::move(options)), quiet_(quiet) {}

  struct Connection {
    NatsConnection connection;
    JetStream stream;
  };

  const NatsOptions options_;
  const absl::Duration quiet_;
  absl::Mutex mutex_;
  // The last one is in use; those before it were closed for good.
  std::vector<Connection> connections_ ABSL_GUARDED_BY(mutex_);
  std::vector<NatsSubscription> ended_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::events

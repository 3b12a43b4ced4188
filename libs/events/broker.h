#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <memory>
#include <string>

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

  absl::Duration quiet() const { return quiet_; }

  // UNAVAILABLE: there is no connection now.
  absl::StatusOr<JetStream> Use() ABSL_LOCKS_EXCLUDED(mutex_) { return Use({}); }
  absl::StatusOr<JetStream> Use(const jsOptions::jsOptionsPublishAsync& publishing)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  Broker(NatsOptions options, absl::Duration quiet) : options_(std::move(options)), quiet_(quiet) {}

  const NatsOptions options_;
  const absl::Duration quiet_;
  absl::Mutex mutex_;
  NatsConnection connection_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::events

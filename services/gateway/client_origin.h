#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "services/gateway/http_exchange.h"

namespace portico::gateway {

// Where a request comes from, behind the proxies that are trusted to tell.
struct ClientOrigin {
  std::string address;  // An IP address.
  bool https = false;   // The client's own connection is encrypted.
};

// Reads X-Forwarded-For and X-Forwarded-Proto, which count only when they come from a
// trusted proxy. Thread-safe.
class OriginReader {
 public:
  // `trusted_proxies` are addresses and networks such as "10.0.0.0/8"; `own_tls`: the
  // gateway itself serves HTTPS. INVALID_ARGUMENT: one of them is neither.
  static absl::StatusOr<OriginReader> Make(const std::vector<std::string>& trusted_proxies,
                                           bool own_tls);
  OriginReader(OriginReader&&) noexcept;
  OriginReader& operator=(OriginReader&&) noexcept;
  ~OriginReader();

  ClientOrigin Read(const HttpRequest& request) const;

 private:
  struct Networks;
  OriginReader(std::unique_ptr<Networks> trusted, bool own_tls);

  bool IsTrusted(const std::string& address) const;

  std::unique_ptr<Networks> trusted_;
  bool own_tls_;
};

}  // namespace portico::gateway

#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/clock.h"
#include "libs/storage/database.h"

namespace portico::storage {

// How long a request id counts.
inline constexpr absl::Duration kRequestMemory = absl::Hours(7 * 24);

// Makes creates idempotent: a caller that repeats a request with the same
// request id gets the resource that the first one made. An empty request id asks
// for none of this. The table is of the component "storage".
class RequestLog {
 public:
  explicit RequestLog(const Clock& clock) : clock_(clock) {}

  // The id of the resource that this request made; or nullopt when it is new, and is from now on
  // known as having made `resource_id`. Called in the transaction that creates that, and before
  // it does. One statement where the request is new: looking for it first would cost another, and
  // on PostgreSQL set creates at odds that have nothing to do with each other.
  // ALREADY_EXISTS: the request id was used with other content.
  absl::StatusOr<std::optional<std::string>> Claim(Session& session, std::string_view rpc,
                                                   std::string_view request_id,
                                                   std::string_view fingerprint,
                                                   std::string_view resource_id) const;

  // The same without making it known, to look before other work is done for the request.
  absl::StatusOr<std::optional<std::string>> Find(Session& session, std::string_view rpc,
                                                  std::string_view request_id,
                                                  std::string_view fingerprint) const;

  // Forgets a batch of the requests that are older than kRequestMemory, and
  // answers how long to rest until there may be more: the step of a BackgroundLoop.
  absl::Duration Forget(Database& database) const;

 private:
  const Clock& clock_;
};

// The same text for requests of the same content, and another for others.
std::string Fingerprint(const google::protobuf::Message& request);

}  // namespace portico::storage

#pragma once

#include <absl/time/time.h>

#include <map>
#include <string>
#include <string_view>

#include "libs/auth/caller.h"

namespace portico::rpc {

// What a handler may know of the call it serves, beyond the request.
struct Call {
  // Who calls: authenticated, and allowed by the rule in the RPC's proto.
  auth::Caller caller;
  // When, by SteadyClock(), the caller stops waiting. Calls to peers made on the handler's thread
  // end by then of themselves.
  absl::Time deadline = absl::InfiniteFuture();
  // Request metadata, keys in lower case.
  std::multimap<std::string, std::string, std::less<>> metadata;
  // Response metadata (trailing) that the handler sets.
  std::map<std::string, std::string> response_metadata;

  // The first value of a key, or "".
  std::string_view Metadata(std::string_view key) const;
};

// The session of a portal user travels in metadata of this name, both ways.
inline constexpr std::string_view kSessionMetadata = "portico-session";
// With a new session: its lifetime in seconds.
inline constexpr std::string_view kSessionMaxAgeMetadata = "portico-session-max-age";
// "1" when the session has ended.
inline constexpr std::string_view kSessionEndedMetadata = "portico-session-ended";

}  // namespace portico::rpc

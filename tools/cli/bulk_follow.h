#pragma once

#include <absl/status/status.h>

#include <functional>
#include <string>

#include "libs/rpc/peer.h"
#include "portico/invitation/v1/bulk_send.pb.h"

namespace portico::cli {

// Watches a bulk send until it has ended, or `see` answers false: `see` gets it as it is, now and
// at each change. A broken stream is opened again, for a minute at most, which `tell` is told of.
absl::Status FollowBulkSend(rpc::Peer& invitation, const std::string& id,
                            const std::function<bool(const invitation::v1::BulkSend&)>& see,
                            const std::function<void(const std::string&)>& tell);

}  // namespace portico::cli

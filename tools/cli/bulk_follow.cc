#include "tools/cli/bulk_follow.h"

#include <absl/time/clock.h>

#include <algorithm>

#include "libs/base/clock.h"
#include "libs/base/random.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/stream.h"

namespace portico::cli {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(1);
constexpr absl::Duration kFirstRest = absl::Milliseconds(100), kLongestRest = absl::Seconds(5);

}  // namespace

absl::Status FollowBulkSend(rpc::Peer& invitation, const std::string& id,
                            const std::function<bool(const invitation::v1::BulkSend&)>& see,
                            const std::function<void(const std::string&)>& tell) {
  invitation::v1::WatchBulkSendRequest request;
  request.set_id(id);
  absl::Time last_heard = SteadyClock().Now();
  absl::Duration rest = kFirstRest;
  bool is_away = false;
  while (true) {
    const auto stream = invitation.Open(request);
    invitation::v1::WatchBulkSendResponse now;
    bool has_told = false;
    while (stream->Read(now)) {
      last_heard = SteadyClock().Now();
      rest = kFirstRest;
      is_away = false;
      has_told = true;
      if (!see(now.bulk_send())) return absl::OkStatus();
    }
    const absl::Status status = stream->Finish();
    // One that ends all streams at once is as good as away.
    if (rpc::ReasonOf(status) == rpc::kOpenAgain && has_told) continue;
    if (!absl::IsUnavailable(status)) return status;
    // The stream may have been silent for long before it broke.
    if (!is_away) last_heard = SteadyClock().Now();
    if (SteadyClock().Now() - last_heard > kPatience) return status;
    if (!is_away) tell("The service is away; trying again for a minute.");
    is_away = true;
    absl::SleepFor(rest * (0.5 + RandomFraction() / 2));
    rest = std::min(rest * 2, kLongestRest);
  }
}

}  // namespace portico::cli

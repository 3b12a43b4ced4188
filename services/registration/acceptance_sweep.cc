#include "services/registration/acceptance_sweep.h"

#include <string>

#include "libs/log/log.h"

namespace portico::registration {
namespace {

constexpr int kBatch = 100;
constexpr absl::Duration kRest = absl::Seconds(30);

}  // namespace

absl::Duration AcceptanceSweep::Step() {
  const auto due = acceptances_.ListDue(kBatch);
  if (!due.ok()) return kRest;
  for (const Acceptance& acceptance : *due) {
    const absl::Status status = acceptor_.Finish(acceptance, nullptr).status();
    if (status.ok() || InvitationClient::IsRefusal(status)) continue;
    log::Warn("an acceptance is still pending",
              {{"acceptance", acceptance.id}, {"error", std::string(status.message())}});
    // Behind the others, which one that always fails must not hold up. While the
    // peer is away, they would all fail.
    const absl::Status postponed = acceptances_.Postpone(acceptance.id);
    if (!postponed.ok() || absl::IsUnavailable(status)) return kRest;
  }
  return due->size() < kBatch ? kRest : absl::ZeroDuration();
}

}  // namespace portico::registration

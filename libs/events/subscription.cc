#include "libs/events/subscription.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/events/part_reader.h"

namespace portico::events {

using portico::events::v1::WatchEventsRequest;
using portico::events::v1::WatchEventsResponse;

namespace {

// How long a process that died keeps its parts from the others, and how often they look.
constexpr absl::Duration kShareLength = absl::Seconds(5);
constexpr absl::Duration kShareRest = absl::Seconds(1);

// The work that processes share: whether it is one or eight is told apart by its name.
std::string WorkName(const std::string& consumer, const Broker* broker) {
  return absl::StrCat("events.", consumer, broker == nullptr ? "" : ".parts");
}

}  // namespace

Subscription::Subscription(std::string consumer, std::string source, storage::Database& database,
                           rpc::Peer& peer, EventHandler& handler, const Clock& clock,
                           Broker* broker)
    : consumer_(std::move(consumer)),
      source_(std::move(source)),
      peer_(peer),
      handler_(handler),
      broker_(broker),
      whole_(consumer_, source_, std::nullopt, database, handler, clock),
      share_(database, WorkName(consumer_, broker), broker == nullptr ? 1 : kParts, kShareLength) {
  for (int i = 0; i < (broker == nullptr ? 1 : kParts); ++i) {
    const std::optional<int> part = broker == nullptr ? std::nullopt : std::optional(i);
    lanes_.push_back(std::make_unique<Lane>(
        Lane{Applier(consumer_, source_, part, database, handler, clock), nullptr}));
  }
}

Subscription::~Subscription() { Stop(); }

void Subscription::Start() {
  for (size_t i = 0; i < lanes_.size(); ++i) {
    const std::optional<int> part =
        broker_ == nullptr ? std::nullopt : std::optional(static_cast<int>(i));
    lanes_[i]->follower =
        std::make_unique<Follower>(source_, lanes_[i]->applier,
                                   [this, part](int64_t position, const std::string& token) {
                                     return Open(part, position, token);
                                   });
  }
  sharing_ = std::make_unique<BackgroundLoop>("share", [this] { return Share(); });
  retrying_ = std::make_unique<BackgroundLoop>("set-aside", [this] { return RetrySetAside(); });
}

void Subscription::Stop() {
  if (sharing_ == nullptr) return;
  sharing_.reset();
  retrying_.reset();
  // All at once, and not each only when the one before it has ended.
  for (const auto& lane : lanes_) lane->follower->SetTurn(false);
  for (const auto& lane : lanes_) lane->follower.reset();
  (void)share_.GiveBack();  // It ends by itself.
}

absl::Duration Subscription::Share() {
  const absl::StatusOr<std::vector<bool>> held = share_.Hold();
  for (size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i]->follower->SetTurn(held.ok() && (*held)[i]);
  }
  return kShareRest;
}

std::unique_ptr<rpc::StreamReader> Subscription::Open(std::optional<int> part,
                                                      int64_t position,
                                                      const std::string& snapshot_token) const {
  WatchEventsRequest request;
  request.set_after_position(position);
  request.set_snapshot_token(snapshot_token);
  for (std::string& type : handler_.types()) request.add_types(std::move(type));
  if (!part.has_value()) return peer_.Open(request);
  request.add_parts(*part);
  return std::make_unique<PartReader>(*broker_, source_, std::move(request), peer_);
}

absl::Status Subscription::Apply(const WatchEventsResponse& batch) { return whole_.Apply(batch); }

absl::Duration Subscription::RetrySetAside() { return whole_.RetrySetAside(); }

absl::StatusOr<int64_t> Subscription::CountSetAside() const { return whole_.CountSetAside(); }

absl::StatusOr<int64_t> Subscription::Position() const {
  int64_t lowest = std::numeric_limits<int64_t>::max();
  for (const auto& lane : lanes_) {
    ASSIGN_OR_RETURN(const int64_t position, lane->applier.Position());
    lowest = std::min(lowest, position);
  }
  return lowest;
}

}  // namespace portico::events

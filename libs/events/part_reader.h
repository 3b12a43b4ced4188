#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "libs/base/clock.h"
#include "libs/events/broker.h"
#include "libs/rpc/peer.h"
#include "portico/events/v1/events.pb.h"

namespace portico::events {

// Follows one part of a source's log over NATS, without a gap: what its stream lacks comes from
// the log itself. While the stream brings nothing, the log is asked every few seconds whether
// that is all, since a broker may lose its last messages.
class PartReader final : public rpc::StreamReader {
 public:
  // `request` asks the log, which `peer` serves, for the same: its part and types, and the
  // position to begin after.
  PartReader(Broker& broker, std::string source, portico::events::v1::WatchEventsRequest request,
             rpc::Peer& peer);
  ~PartReader() override;

  // `message` is a WatchEventsResponse.
  bool Read(google::protobuf::Message& message) override;
  absl::Status Finish() override;
  void Cancel() override;

 private:
  using Batch = portico::events::v1::WatchEventsResponse;

  absl::Status ReadNext(Batch& batch);
  absl::Status Subscribe();
  absl::Status ReadStream(Batch& batch);
  absl::Status CheckFed();
  bool Take(natsMsg* message, Batch& batch);  // False: it comes after a gap.
  absl::StatusOr<bool> ReadLog(Batch& batch);
  void TurnToLog();
  bool IsWanted(const std::string& type) const;

  Broker& broker_;
  const std::string source_;
  portico::events::v1::WatchEventsRequest request_;
  rpc::Peer& peer_;
  int64_t position_;
  NatsSubscription subscription_;
  NatsMessage after_gap_;
  absl::Time heard_;  // By the steady clock, as is the next.
  absl::Time checked_ = absl::InfinitePast();
  absl::Status status_;
  std::atomic<bool> cancelled_ = false;
  absl::Mutex mutex_;
  std::unique_ptr<rpc::StreamReader> log_;  // While it is the log that is read; set under mutex_.
};

}  // namespace portico::events

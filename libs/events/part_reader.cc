#include "libs/events/part_reader.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"

namespace portico::events {

using portico::events::v1::Event;
using portico::events::v1::WatchEventsRequest;

namespace {

constexpr int kBatch = 500;
constexpr size_t kBatchBytes = 1 << 20;
// How many messages of a part the server may send before they are read.
constexpr int64_t kAhead = 2 * kBatch;
// How long a read waits at most before it looks whether it is still wanted.
constexpr int64_t kWaitMillis = 250;
// How long the next message may take of those that the server is about to send.
constexpr int64_t kMoreMillis = 20;
constexpr int64_t kHeartbeatNanos = 1'000'000'000;
// How long a stream may bring nothing before the server is asked whether it still feeds us.
constexpr absl::Duration kSilence = absl::Seconds(2);
constexpr int64_t kForgottenNanos = 30'000'000'000;

// Whether the server has more behind this message.
bool MoreComes(natsMsg* message) {
  jsMsgMetaData* raw = nullptr;
  if (natsMsg_GetMetaData(&raw, message) != NATS_OK) return false;
  const std::unique_ptr<jsMsgMetaData, NatsDeleter<jsMsgMetaData_Destroy>> metadata(raw);
  return metadata->NumPending > 0;
}

}  // namespace

PartReader::PartReader(Broker& broker, std::string source, WatchEventsRequest request,
                       rpc::Peer& peer)
    : broker_(broker),
      source_(std::move(source)),
      request_(std::move(request)),
      peer_(peer),
      position_(request_.after_position()),
      heard_(SteadyClock().Now()) {
  request_.set_stop_at_end(true);
}

PartReader::~PartReader() { broker_.End(std::move(subscription_)); }

bool PartReader::Read(google::protobuf::Message& message) {
  status_ = ReadNext(static_cast<Batch&>(message));
  return status_.ok();
}

absl::Status PartReader::Finish() { return status_; }

void PartReader::Cancel() {
  cancelled_ = true;
  absl::MutexLock lock(&mutex_);
  if (log_ != nullptr) log_->Cancel();
}

absl::Status PartReader::ReadNext(Batch& batch) {
  if (subscription_ == nullptr) RETURN_IF_ERROR(Subscribe());
  while (!cancelled_) {
    batch.Clear();
    if (log_ != nullptr) {
      ASSIGN_OR_RETURN(const bool more, ReadLog(batch));
      if (more) return absl::OkStatus();
      continue;
    }
    if (after_gap_ != nullptr && !Take(after_gap_.get(), batch)) {
      return absl::DataLossError(
          absl::StrCat("the stream of ", source_, " is ahead of its log: was that restored?"));
    }
    after_gap_.reset();
    RETURN_IF_ERROR(ReadStream(batch));
    if (batch.position() > 0) return absl::OkStatus();
    if (after_gap_ != nullptr || SteadyClock().Now() - heard_ > broker_.quiet()) {
      TurnToLog();
    } else {
      RETURN_IF_ERROR(CheckFed());
    }
  }
  return absl::CancelledError("the reading was cancelled");
}

// A consumer of its own that the server forgets, since the place is kept by us: it need not know
// how far anyone came, and a lost one loses nothing.
absl::Status PartReader::Subscribe() {
  ASSIGN_OR_RETURN(jsCtx* const stream, broker_.Use());
  ASSIGN_OR_RETURN(const uint64_t sequence, SequenceAfter(stream, source_, position_));
  jsSubOptions options;
  jsSubOptions_Init(&options);
  const std::string name = StreamName(source_);
  options.Stream = name.c_str();
  options.Config.DeliverPolicy = js_DeliverByStartSequence;
  options.Config.OptStartSeq = sequence;
  // Acknowledged is what was read, so that the server sends no more ahead than that: what it
  // sends waits in our memory.
  options.Config.AckPolicy = js_AckAll;
  options.Config.MaxAckPending = kAhead;
  options.Config.MaxDeliver = 1;
  options.Config.FlowControl = true;
  options.Config.Heartbeat = kHeartbeatNanos;
  options.Config.InactiveThreshold = kForgottenNanos;
  options.Config.Replicas = 1;
  options.Config.MemoryStorage = true;
  natsSubscription* raw = nullptr;
  jsErrCode error = {};
  const std::string subjects = SubjectsOf(source_, absl::StrCat(request_.parts(0)));
  RETURN_IF_ERROR(FromNats(
      js_SubscribeSync(&raw, stream, subjects.c_str(), nullptr, &options, &error), "subscribing"));
  subscription_.reset(raw);
  return absl::OkStatus();
}

// Reads what there is, or waits a little. Position 0: nothing new came.
absl::Status PartReader::ReadStream(Batch& batch) {
  int64_t wait = batch.position() > 0 ? 0 : kWaitMillis;
  size_t bytes = 0;
  bool more_comes = false;
  NatsMessage last;
  for (int count = 0; count < kBatch && bytes < kBatchBytes; ++count, wait = 0) {
    natsMsg* raw = nullptr;
    natsStatus status = natsSubscription_NextMsg(&raw, subscription_.get(), wait);
    // A batch of many costs little more than one of few.
    if (status == NATS_TIMEOUT && more_comes) {
      status = natsSubscription_NextMsg(&raw, subscription_.get(), kMoreMillis);
    }
    if (status == NATS_TIMEOUT) break;
    RETURN_IF_ERROR(FromNats(status, "reading a stream"));
    NatsMessage message(raw);
    heard_ = SteadyClock().Now();
    bytes += static_cast<size_t>(natsMsg_GetDataLength(raw));
    more_comes = MoreComes(raw);
    if (!Take(raw, batch)) {
      after_gap_ = std::move(message);
      break;
    }
    last = std::move(message);
  }
  // Should this be lost, the next one tells of these as well.
  if (last != nullptr) (void)natsMsg_Ack(last.get(), nullptr);
  return absl::OkStatus();
}

// A consumer goes with its stream and with the server, and a synchronous one is not told of it:
// a missed heartbeat only reaches the connection's error handler.
absl::Status PartReader::CheckFed() {
  const absl::Time now = SteadyClock().Now();
  if (now - std::max(heard_, checked_) < kSilence) return absl::OkStatus();
  jsConsumerInfo* info = nullptr;
  jsErrCode error = {};
  const natsStatus status =
      natsSubscription_GetConsumerInfo(&info, subscription_.get(), nullptr, &error);
  jsConsumerInfo_Destroy(info);
  checked_ = now;
  return FromNats(status, "asking for a consumer");
}

bool PartReader::Take(natsMsg* message, Batch& batch) {
  absl::StatusOr<Event> event = EventIn(message);
  if (!event.ok()) {
    // Nothing of ours. If it stands for an event, the next one tells that that is missing.
    log::Error("a message on NATS is no event", {{"error", std::string(event.status().message())}});
    return true;
  }
  if (event->position() <= position_) return true;
  if (event->previous_position() > position_) return false;
  position_ = event->position();
  batch.set_position(position_);
  if (IsWanted(event->type())) *batch.add_events() = *std::move(event);
  return true;
}

bool PartReader::IsWanted(const std::string& type) const {
  return request_.types().empty() || std::find(request_.types().begin(), request_.types().end(),
                                               type) != request_.types().end();
}

void PartReader::TurnToLog() {
  if (after_gap_ != nullptr) {
    log::Warn("events are missing on NATS and are read from the log",
              {{"source", source_}, {"position", position_}});
  }
  request_.set_after_position(position_);
  absl::MutexLock lock(&mutex_);
  log_ = peer_.Open(request_);
}

// False at the log's end.
absl::StatusOr<bool> PartReader::ReadLog(Batch& batch) {
  if (log_->Read(batch)) {
    if (batch.position() > 0) position_ = batch.position();
    return true;
  }
  const absl::Status status = log_->Finish();
  absl::MutexLock lock(&mutex_);
  log_.reset();
  heard_ = SteadyClock().Now();
  RETURN_IF_ERROR(status);
  return false;
}

}  // namespace portico::events

#include "libs/events/relay.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"

namespace portico::events {

using portico::events::v1::Event;
using portico::events::v1::WatchEventsResponse;

namespace {

constexpr int kBatch = 500;
constexpr absl::Duration kShareLength = absl::Seconds(5);
constexpr absl::Duration kShareRest = absl::Seconds(1);
// How long the loss of a stream that nothing is added to goes unnoticed.
constexpr absl::Duration kCheckRest = absl::Seconds(2);
// How long a stream must be missing before it is made.
constexpr absl::Duration kMakeRest = absl::Seconds(1);
constexpr int64_t kPublishMillis = 5000;
// Only for those who publish an event twice within it; the expected sequence number is what
// keeps a second one out.
constexpr int64_t kDuplicatesNanos = 1'000'000'000;

}  // namespace

Relay::Relay(EventLog& log, storage::Database& database, Broker& broker, int replicas)
    : log_(log),
      broker_(broker),
      replicas_(replicas),
      share_(database, absl::StrCat("relay.", log.source()), 1, kShareLength) {}

Relay::~Relay() { Stop(); }

void Relay::Start() {
  loop_ = std::make_unique<BackgroundLoop>("relay", [this] { return Step(); });
  watcher_ = log_.Watch([this] { loop_->Wake(); });
}

void Relay::Stop() {
  if (loop_ == nullptr) return;
  log_.Unwatch(watcher_);
  loop_.reset();
  stream_ = nullptr;
  (void)share_.GiveBack();  // It ends by itself.
}

absl::Duration Relay::Step() {
  const absl::Time now = SteadyClock().Now();
  if (now > held_until_ - kShareLength + kShareRest) {
    const absl::StatusOr<std::vector<bool>> held = share_.Hold();
    if (!held.ok() || !held->front()) {
      stream_ = nullptr;
      position_ = 0;
      return kShareRest;
    }
    held_until_ = now + kShareLength;
  }
  const absl::Status status = RelayNew();
  if (!status.ok()) stream_ = nullptr;  // Its end is looked for anew.
  if (status.code() != told_.code()) {
    if (!status.ok()) {
      log::Warn("events are not relayed to NATS", {{"error", std::string(status.message())}});
    }
    told_ = status;
  }
  return kShareRest;
}

absl::Status Relay::RelayNew() {
  if (stream_ == nullptr) {
    RETURN_IF_ERROR(FindEnd());
  } else if (SteadyClock().Now() - checked_ > kCheckRest) {
    RETURN_IF_ERROR(CheckEnds());
  }
  // The share is prolonged between two batches.
  while (SteadyClock().Now() < held_until_ - kShareRest) {
    ASSIGN_OR_RETURN(WatchEventsResponse batch, log_.ReadAfter(end_.position, {}, kBatch));
    if (batch.events().empty()) return absl::OkStatus();
    if (SteadyClock().Now() > held_until_) {
      return absl::UnavailableError("the log was read for longer than the share lasts");
    }
    RETURN_IF_ERROR(Publish(std::move(batch)));
  }
  loop_->Wake();
  return absl::OkStatus();
}

absl::Status Relay::MakeStream(jsCtx* stream) const {
  const std::string name = StreamName(log_.source());
  const std::string subjects = absl::StrCat("portico.", log_.source(), ".>");
  const char* subject = subjects.c_str();
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = name.c_str();
  config.Description = "The events of one Portico service, as its database keeps them";
  config.Subjects = &subject;
  config.SubjectsLen = 1;
  config.Retention = js_LimitsPolicy;  // And no limits: what the log forgets is purged here too.
  config.Discard = js_DiscardNew;
  config.Storage = js_FileStorage;
  config.Replicas = replicas_;
  config.Duplicates = kDuplicatesNanos;
  config.AllowDirect = true;
  jsErrCode error = {};
  RETURN_IF_ERROR(
      FromNats(js_AddStream(nullptr, stream, &config, nullptr, &error), "making a stream"));
  log::Info("made a stream on NATS", {{"stream", name}});
  return absl::OkStatus();
}

absl::Status Relay::FindEnd() {
  ASSIGN_OR_RETURN(jsCtx* const stream, broker_.Use());
  absl::StatusOr<JetStreamInfo> info = FindStream(stream, log_.source());
  if (absl::IsNotFound(info.status())) {
    // The server removes a deleted stream's files a little later, and with them those of one
    // that has been made by the same name meanwhile, which then takes nothing any more.
    const absl::Time now = SteadyClock().Now();
    missing_since_ = std::min(missing_since_, now);
    if (now - missing_since_ < kMakeRest) return info.status();
    RETURN_IF_ERROR(MakeStream(stream));
    info = FindStream(stream, log_.source());
  }
  RETURN_IF_ERROR(info.status());
  missing_since_ = absl::InfiniteFuture();
  const jsStreamState& state = (*info)->State;
  ASSIGN_OR_RETURN(const int64_t forgotten, log_.ForgottenPosition());
  end_ = {.sequence = state.LastSeq, .position = forgotten};
  // Of a part whose messages are all gone the last one may be any before the first that is here.
  int64_t before_first = forgotten;
  ASSIGN_OR_RETURN(const std::optional<int64_t> first, FirstPosition(stream));
  if (first.has_value() && *first > forgotten + 1) {
    // It was purged, and has been added to since: what is missing can only come before the rest.
    RETURN_IF_ERROR(Purge(stream, 0));
  } else if (first.has_value()) {
    ASSIGN_OR_RETURN(const Stored last,
                     LastOf(stream, log_.source(), SubjectsOf(log_.source(), "*")));
    ASSIGN_OR_RETURN(const int64_t logged, log_.LastPosition());
    if (last.event.position() > logged) {
      return absl::DataLossError(absl::StrCat("the stream of ", log_.source(),
                                              " is ahead of its log: was that restored?"));
    }
    end_.position = std::max(end_.position, last.event.position());
    // Another relay may have gone on since; or the last messages were deleted.
    end_.sequence = std::max(end_.sequence, last.sequence);
    before_first = std::max(before_first, *first - 1);
  }
  for (int part = 0; part < kParts; ++part) {
    const absl::StatusOr<Stored> last =
        LastOf(stream, log_.source(), SubjectsOf(log_.source(), absl::StrCat(part)));
    if (!last.ok() && !absl::IsNotFound(last.status())) return last.status();
    end_.parts[part] = std::max(forgotten, last.ok() ? last->event.position() : before_first);
  }
  stream_ = stream;
  position_ = end_.position;
  checked_ = SteadyClock().Now();
  return absl::OkStatus();
}

// The position of the first event on the stream, if it has any.
absl::StatusOr<std::optional<int64_t>> Relay::FirstPosition(jsCtx* stream) const {
  const absl::StatusOr<Stored> first =
      FirstFrom(stream, log_.source(), SubjectsOf(log_.source(), "*"), 1);
  if (absl::IsNotFound(first.status())) return std::nullopt;
  RETURN_IF_ERROR(first.status());
  return first->event.position();
}

// Deletes what comes before a sequence number; all of it before 0.
absl::Status Relay::Purge(jsCtx* stream, uint64_t sequence) const {
  jsOptions options;
  jsOptions_Init(&options);
  options.Stream.Purge.Sequence = sequence;
  jsErrCode error = {};
  return FromNats(js_PurgeStream(stream, StreamName(log_.source()).c_str(), &options, &error),
                  "purging a stream");
}

// Whether the stream is as this relay left it, and purges what the log has forgotten.
absl::Status Relay::CheckEnds() {
  ASSIGN_OR_RETURN(const JetStreamInfo info, FindStream(stream_, log_.source()));
  ASSIGN_OR_RETURN(const int64_t forgotten, log_.ForgottenPosition());
  ASSIGN_OR_RETURN(const std::optional<int64_t> first, FirstPosition(stream_));
  const bool is_cut = first.value_or(end_.position + 1) > forgotten + 1;
  if (info->State.LastSeq != end_.sequence || is_cut) return FindEnd();
  checked_ = SteadyClock().Now();
  if (!first.has_value() || *first > forgotten) return absl::OkStatus();
  ASSIGN_OR_RETURN(const uint64_t sequence, SequenceAfter(stream_, log_.source(), forgotten));
  return Purge(stream_, sequence);
}

absl::Status Relay::Publish(WatchEventsResponse batch) {
  End end = end_;
  for (Event& event : *batch.mutable_events()) {
    int64_t& previous = end.parts[PartOf(event.partition())];
    event.set_previous_position(previous);
    previous = end.position = event.position();
    const std::string bytes = event.SerializeAsString();
    natsMsg* message = nullptr;
    RETURN_IF_ERROR(FromNats(natsMsg_Create(&message, SubjectOf(event).c_str(), nullptr,
                                            bytes.data(), static_cast<int>(bytes.size())),
                             "publishing"));
    const std::string expected = absl::StrCat(end.sequence++);
    // By itself rather than by the options, which take 0 for no expectation: a relay that has
    // found the stream empty would add to whatever another has put there since.
    const natsStatus header =
        natsMsgHeader_Set(message, "Nats-Expected-Last-Sequence", expected.c_str());
    if (header != NATS_OK) {
      natsMsg_Destroy(message);
      return FromNats(header, "publishing");
    }
    jsPubOptions options;
    jsPubOptions_Init(&options);
    options.MsgId = event.id().c_str();
    options.MaxWait = kPublishMillis;
    const natsStatus status = js_PublishMsgAsync(stream_, &message, &options);
    natsMsg_Destroy(message);  // Null once it is the client's.
    RETURN_IF_ERROR(FromNats(status, "publishing"));
  }
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MaxWait = kPublishMillis;
  RETURN_IF_ERROR(FromNats(js_PublishAsyncComplete(stream_, &options), "publishing"));
  // Had the stream refused one of them, its end would be another.
  ASSIGN_OR_RETURN(const JetStreamInfo info, FindStream(stream_, log_.source()));
  if (info->State.LastSeq != end.sequence) {
    return absl::UnavailableError("NATS: the stream is not as it was left");
  }
  end_ = end;
  position_ = end.position;
  return absl::OkStatus();
}

}  // namespace portico::events

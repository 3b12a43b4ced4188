#include "libs/events/subscription.h"

#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>
#include <pthread.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "libs/base/random.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"

namespace portico::events {

using portico::events::v1::WatchEventsRequest;
using portico::events::v1::WatchEventsResponse;

namespace {

constexpr absl::Duration kFirstRest = absl::Milliseconds(50);
constexpr absl::Duration kLongestRest = absl::Seconds(1);
constexpr absl::Duration kRetryRest = absl::Seconds(30);
constexpr int kRetryBatch = 100;
// How long a process that died keeps the others waiting, and how often a lease is prolonged.
constexpr absl::Duration kLease = absl::Seconds(5);
constexpr absl::Duration kHoldRest = absl::Seconds(1);

// Whether the error is about the events; any other may pass by itself, or is one
// of settings and keys, which holds for all events alike.
bool IsAboutEvents(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kInternal:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<int64_t> ReadCursor(storage::Session& session, const std::string& consumer) {
  ASSIGN_OR_RETURN(const auto row,
                   session.SelectOne<int64_t>(
                       "select position from event_cursor where consumer = :consumer", consumer));
  return row.has_value() ? std::get<0>(*row) : 0;
}

absl::Status MoveCursor(storage::Session& session, const std::string& consumer, int64_t position) {
  return session
      .Execute(
          "insert into event_cursor (consumer, position) values (:consumer, :position) "
          "on conflict (consumer) do update set position = excluded.position",
          consumer, position)
      .status();
}

}  // namespace

Subscription::Subscription(std::string name, std::string source, storage::Database& database,
                           rpc::Peer& peer, EventHandler& handler, const Clock& clock)
    : name_(std::move(name)),
      source_(std::move(source)),
      database_(database),
      peer_(peer),
      handler_(handler),
      set_aside_(name_, clock),
      lease_(database, absl::StrCat("events.", name_), kLease) {}

Subscription::~Subscription() { Stop(); }

void Subscription::Start() {
  if (database_.engine() == storage::Engine::kPostgres) {
    absl::MutexLock lock(&mutex_);
    our_turn_ = false;
    holding_ = std::make_unique<BackgroundLoop>("lease", [this] { return HoldLease(); });
  }
  thread_ = std::thread([this] { Run(); });
  retrying_ = std::make_unique<BackgroundLoop>("set-aside", [this] { return RetrySetAside(); });
}

void Subscription::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (reader_ != nullptr) reader_->Cancel();
  }
  if (thread_.joinable()) thread_.join();
  retrying_.reset();
  if (holding_ == nullptr) return;
  holding_.reset();
  (void)lease_.GiveBack();  // It ends by itself.
}

absl::StatusOr<int64_t> Subscription::CountSetAside() {
  return database_.Read([this](storage::Session& session) { return set_aside_.Count(session); });
}

absl::StatusOr<int64_t> Subscription::Position() {
  return database_.Read(
      [this](storage::Session& session) { return ReadCursor(session, name_); });
}

void Subscription::Run() {
  pthread_setname_np(pthread_self(), absl::StrCat("sub-", source_).substr(0, 15).c_str());
  absl::Duration rest = kFirstRest;
  absl::Status told;
  while (AwaitTurn()) {
    const absl::Time begun = SteadyClock().Now();
    const absl::Status status = Follow();
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return;
    }
    // It worked for a while, so what broke it is new.
    if (SteadyClock().Now() - begun > kLongestRest) rest = kFirstRest;
    if (status.code() != told.code()) {
      log::Warn("the event stream broke off and is opened again",
                {{"source", source_}, {"error", std::string(status.message())}});
      told = status;
    }
    if (!Rest(rest * (0.5 + RandomFraction()))) return;
    rest = std::min(rest * 2, kLongestRest);
  }
}

bool Subscription::AwaitTurn() {
  absl::MutexLock lock(&mutex_);
  const auto due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return our_turn_ || stopping_;
  };
  mutex_.Await(absl::Condition(&due));
  return !stopping_;
}

absl::Duration Subscription::HoldLease() {
  const absl::StatusOr<bool> held = lease_.Hold();
  absl::MutexLock lock(&mutex_);
  our_turn_ = held.ok() && *held;
  if (!our_turn_ && reader_ != nullptr) reader_->Cancel();
  return kHoldRest;
}

// Reads one stream until it breaks.
absl::Status Subscription::Follow() {
  ASSIGN_OR_RETURN(const int64_t position, Position());
  WatchEventsRequest request;
  request.set_after_position(position);
  for (std::string& type : handler_.types()) request.add_types(std::move(type));
  const std::unique_ptr<rpc::StreamReader> reader = peer_.Open(request);
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_ || !our_turn_) return absl::CancelledError("it is not our turn");
    reader_ = reader.get();
  }
  absl::Status applied;
  WatchEventsResponse batch;
  while (applied.ok() && reader->Read(batch)) applied = Apply(batch);
  {
    absl::MutexLock lock(&mutex_);
    reader_ = nullptr;
  }
  if (!applied.ok()) return applied;
  return reader->Finish();
}

absl::Status Subscription::Apply(const WatchEventsResponse& batch) {
  ASSIGN_OR_RETURN(const int64_t cursor, Position());
  if (batch.position() <= cursor) return absl::OkStatus();
  std::vector<Event> fresh;
  for (const Event& event : batch.events()) {
    if (event.position() > cursor) fresh.push_back(event);
  }
  ASSIGN_OR_RETURN(const int64_t waiting, CountSetAside());
  if (waiting == 0) {
    const absl::Status status = ApplyEvents(fresh, batch.position());
    if (!IsAboutEvents(status)) return status;
  }
  return ApplyOneByOne(fresh, batch.position());
}

absl::Status Subscription::ApplyEvents(std::span<const Event> events, int64_t position) {
  Effect effect;
  if (!events.empty()) {
    ASSIGN_OR_RETURN(effect, handler_.Prepare(events));
  }
  return database_.Write([&](storage::Session& session) -> absl::Status {
    // Another process on the same database may have been here first.
    ASSIGN_OR_RETURN(const int64_t cursor, ReadCursor(session, name_));
    if (cursor >= position) return absl::OkStatus();
    if (!events.empty() && cursor >= events.front().position()) {
      return absl::AbortedError("the cursor has moved meanwhile");
    }
    if (effect) RETURN_IF_ERROR(effect(session));
    return MoveCursor(session, name_, position);
  });
}

absl::Status Subscription::ApplyOneByOne(std::span<const Event> events, int64_t position) {
  for (const Event& event : events) {
    ASSIGN_OR_RETURN(const auto held, database_.Read([this](storage::Session& session) {
      return set_aside_.Partitions(session);
    }));
    const absl::Status status =
        held.contains(event.partition())
            ? absl::FailedPreconditionError("an event of its partition before it is set aside")
            : ApplyEvents({&event, 1}, event.position());
    if (status.ok()) continue;
    if (!IsAboutEvents(status)) return status;
    RETURN_IF_ERROR(PutAside(event, status));
  }
  return ApplyEvents({}, position);
}

absl::Status Subscription::PutAside(const Event& event, const absl::Status& error) {
  log::Error("an event cannot be applied and is set aside",
             {{"source", source_},
              {"position", event.position()},
              {"type", event.type()},
              {"error", std::string(error.message())}});
  return database_.Write([&](storage::Session& session) -> absl::Status {
    RETURN_IF_ERROR(set_aside_.Insert(session, event, error));
    return MoveCursor(session, name_, event.position());
  });
}

absl::Duration Subscription::RetrySetAside() {
  {
    absl::MutexLock lock(&mutex_);
    if (!our_turn_) return kRetryRest;
  }
  const auto events = database_.Read(
      [this](storage::Session& session) { return set_aside_.List(session, kRetryBatch); });
  if (!events.ok()) return kRetryRest;
  absl::flat_hash_set<std::string> failed;
  for (const Event& event : *events) {
    if (failed.contains(event.partition())) continue;
    const absl::Status status = RetryOne(event);
    if (status.ok()) {
      log::Info("a set-aside event is applied",
                {{"source", source_}, {"position", event.position()}});
    } else {
      failed.insert(event.partition());
    }
  }
  // A full batch that went well has more behind it.
  return failed.empty() && events->size() == kRetryBatch ? absl::ZeroDuration() : kRetryRest;
}

absl::Status Subscription::RetryOne(const Event& event) {
  ASSIGN_OR_RETURN(const Effect effect, handler_.Prepare({&event, 1}));
  return database_.Write([&](storage::Session& session) -> absl::Status {
    // Another process may have been here first.
    ASSIGN_OR_RETURN(const bool removed, set_aside_.Remove(session, event));
    return removed && effect ? effect(session) : absl::OkStatus();
  });
}

bool Subscription::Rest(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&stopping_), duration);
  return !stopping_;
}

}  // namespace portico::events

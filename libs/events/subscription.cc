#include "libs/events/subscription.h"

#include <absl/strings/escaping.h>
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
constexpr absl::Duration kLongestRest = absl::Seconds(5);

// What another try may mend: a peer or the database is away or busy.
bool MayPass(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kUnauthenticated:  // Keys that are being replaced.
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
      clock_(clock) {}

Subscription::~Subscription() { Stop(); }

void Subscription::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Subscription::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (reader_ != nullptr) reader_->Cancel();
  }
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<int64_t> Subscription::Position() {
  return database_.Read(
      [this](storage::Session& session) { return ReadCursor(session, name_); });
}

void Subscription::Run() {
  pthread_setname_np(pthread_self(), absl::StrCat("sub-", source_).substr(0, 15).c_str());
  absl::Duration rest = kFirstRest;
  absl::Status told;
  while (true) {
    const auto before = Position();
    const absl::Status status = Follow();
    const auto after = Position();
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return;
    }
    // Progress means that what failed is new.
    if (before.ok() && after.ok() && *after > *before) rest = kFirstRest;
    if (status.code() != told.code()) {
      log::Warn("the event stream broke off and is opened again",
                {{"source", source_}, {"error", std::string(status.message())}});
      told = status;
    }
    if (!Rest(rest * (0.5 + RandomFraction()))) return;
    rest = std::min(rest * 2, kLongestRest);
  }
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
    if (stopping_) return absl::CancelledError("stopping");
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
  const absl::Status status = ApplyEvents(fresh, batch.position());
  if (status.ok() || MayPass(status)) return status;
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
  for (size_t i = 0; i < events.size(); ++i) {
    const absl::Status status = ApplyEvents(events.subspan(i, 1), events[i].position());
    if (status.ok()) continue;
    if (MayPass(status)) return status;
    RETURN_IF_ERROR(SetAside(events[i], status));
  }
  return ApplyEvents({}, position);
}

absl::Status Subscription::SetAside(const Event& event, const absl::Status& error) {
  log::Error("an event cannot be applied and is set aside",
             {{"source", source_},
              {"position", event.position()},
              {"type", event.type()},
              {"error", std::string(error.message())}});
  return database_.Write([&](storage::Session& session) -> absl::Status {
    RETURN_IF_ERROR(
        session
            .Execute("insert into event_set_aside "
                     "(consumer, position, type, subject, error, time, event) values "
                     "(:consumer, :position, :type, :subject, :error, :time, :event) "
                     "on conflict (consumer, position) do nothing",
                     name_, event.position(), event.type(), event.subject(),
                     std::string(error.message()), ToMicros(clock_.Now()),
                     absl::Base64Escape(event.SerializeAsString()))
            .status());
    return MoveCursor(session, name_, event.position());
  });
}

bool Subscription::Rest(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&stopping_), duration);
  return !stopping_;
}

}  // namespace portico::events

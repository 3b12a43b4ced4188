#include "libs/events/applier.h"

#include <absl/container/flat_hash_set.h>

#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/events/erasure.h"
#include "libs/log/log.h"

namespace portico::events {

using portico::events::v1::WatchEventsResponse;

namespace {

constexpr absl::Duration kRetryRest = absl::Seconds(30);
constexpr size_t kRetryBatch = 100;

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

absl::Status BehindAnother() {
  return absl::FailedPreconditionError("an event of its partition before it is set aside");
}

}  // namespace

Applier::Applier(std::string consumer, std::string source, std::optional<int> part,
                 storage::Database& database, EventHandler& handler, const Clock& clock)
    : source_(std::move(source)),
      database_(database),
      handler_(handler),
      cursor_(consumer, part),
      set_aside_(consumer, clock) {}

absl::StatusOr<Place> Applier::ReadPlace() const {
  return database_.Read([this](storage::Session& session) { return cursor_.Read(session); });
}

absl::StatusOr<int64_t> Applier::Position() const {
  ASSIGN_OR_RETURN(const Place place, ReadPlace());
  return cursor_.Position(place);
}

absl::StatusOr<int64_t> Applier::CountSetAside() const {
  return database_.ReadOne([this](storage::Session& session) { return set_aside_.Count(session); });
}

absl::Status Applier::Apply(const WatchEventsResponse& batch) {
  if (batch.snapshot()) return ApplySnapshot(batch);
  ASSIGN_OR_RETURN(const Place place, ReadPlace());
  if (batch.position() <= cursor_.Position(place)) return absl::OkStatus();
  std::vector<Event> fresh;
  for (const Event& event : batch.events()) {
    if (!place.Passed(event)) fresh.push_back(event);
  }
  ASSIGN_OR_RETURN(const auto held, HeldPartitions());
  std::vector<Event> free, waiting;
  for (Event& event : fresh) {
    (held.contains(event.partition()) ? waiting : free).push_back(event);
  }
  const absl::Status status = ApplyEvents(free, batch.position(), waiting);
  return IsAboutEvents(status) ? ApplyOneByOne(fresh, batch.position()) : status;
}

absl::StatusOr<absl::flat_hash_set<std::string>> Applier::HeldPartitions() const {
  return database_.ReadOne(
      [this](storage::Session& session) { return set_aside_.Partitions(session); });
}

// Its events have no places of their own, so one that fails stops the whole, which begins again.
absl::Status Applier::ApplySnapshot(const WatchEventsResponse& batch) {
  ASSIGN_OR_RETURN(const int64_t before, Position());
  if (before > 0) return absl::OkStatus();
  const std::vector<Event> events(batch.events().begin(), batch.events().end());
  Effect effect;
  if (!events.empty()) {
    ASSIGN_OR_RETURN(effect, handler_.Prepare(events));
  }
  return database_.Write([&](storage::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const Place place, cursor_.Read(session));
    if (cursor_.Position(place) > 0) return absl::OkStatus();
    if (effect) RETURN_IF_ERROR(effect(session));
    return batch.position() > 0 ? cursor_.Move(session, batch.position()) : absl::OkStatus();
  });
}

absl::Status Applier::ApplyEvents(std::span<const Event> events, int64_t position,
                                  std::span<const Event> waiting) {
  Effect effect;
  if (!events.empty()) {
    ASSIGN_OR_RETURN(effect, handler_.Prepare(events));
  }
  return database_.Write([&](storage::Session& session) -> absl::Status {
    // Another process on the same database may have been here first.
    ASSIGN_OR_RETURN(const Place place, cursor_.Read(session));
    if (cursor_.Position(place) >= position) return absl::OkStatus();
    for (const std::span<const Event> some : {events, waiting}) {
      for (const Event& event : some) {
        if (place.Passed(event)) return absl::AbortedError("the cursor has moved meanwhile");
      }
    }
    if (effect) RETURN_IF_ERROR(effect(session));
    for (const Event& event : waiting) {
      RETURN_IF_ERROR(set_aside_.Insert(session, event, BehindAnother()));
    }
    RETURN_IF_ERROR(RequestErasures(session, events));
    RETURN_IF_ERROR(RequestErasures(session, waiting));
    return cursor_.Move(session, position);
  });
}

absl::Status Applier::ApplyOneByOne(std::span<const Event> events, int64_t position) {
  for (const Event& event : events) {
    ASSIGN_OR_RETURN(const auto held, HeldPartitions());
    const absl::Status status = held.contains(event.partition())
                                    ? BehindAnother()
                                    : ApplyEvents({&event, 1}, event.position());
    if (status.ok()) continue;
    if (!IsAboutEvents(status)) return status;
    RETURN_IF_ERROR(PutAside(event, status));
  }
  return ApplyEvents({}, position);
}

absl::Status Applier::PutAside(const Event& event, const absl::Status& error) {
  log::Error("an event cannot be applied and is set aside",
             {{"source", source_},
              {"position", event.position()},
              {"type", event.type()},
              {"error", std::string(error.message())}});
  return database_.Write([&](storage::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const Place place, cursor_.Read(session));
    if (place.Passed(event)) return absl::OkStatus();
    RETURN_IF_ERROR(set_aside_.Insert(session, event, error));
    RETURN_IF_ERROR(RequestErasures(session, {&event, 1}));
    return cursor_.Move(session, event.position());
  });
}

// The first of each partition, as those behind it wait for it, and one that fails for long must
// not keep the others from their turn.
absl::Duration Applier::RetrySetAside() {
  bool some_went_well = false;
  int64_t after = 0;
  while (true) {
    const auto events = database_.Read([&](storage::Session& session) {
      return set_aside_.ListFirst(session, after, kRetryBatch);
    });
    if (!events.ok()) return kRetryRest;
    for (const Event& event : *events) {
      after = event.position();
      if (!RetryOne(event).ok()) continue;
      some_went_well = true;
      log::Info("a set-aside event is applied",
                {{"source", source_}, {"position", event.position()}});
    }
    if (events->size() < kRetryBatch) break;
  }
  // They may have more behind them.
  return some_went_well ? absl::ZeroDuration() : kRetryRest;
}

absl::Status Applier::RetryOne(const Event& event) {
  ASSIGN_OR_RETURN(const Effect effect, handler_.Prepare({&event, 1}));
  return database_.Write([&](storage::Session& session) -> absl::Status {
    // Another process may have been here first.
    ASSIGN_OR_RETURN(const bool removed, set_aside_.Remove(session, event));
    if (!removed) return absl::OkStatus();
    if (effect) RETURN_IF_ERROR(effect(session));
    // Again, for what has come while it waited.
    return RequestErasures(session, {&event, 1});
  });
}

absl::Status Applier::RequestErasures(storage::Session& session,
                                      std::span<const Event> events) const {
  for (const Event& event : events) {
    if (handler_.IsErasure(event)) {
      RETURN_IF_ERROR(Erasure::Request(session, event.subject()));
    }
  }
  return absl::OkStatus();
}

}  // namespace portico::events

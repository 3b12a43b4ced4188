#include "libs/events/event_service.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/events/part.h"
#include "libs/storage/page_token.h"

namespace portico::events {
namespace {

using portico::events::v1::Event;
using portico::events::v1::WatchEventsRequest;
using portico::events::v1::WatchEventsResponse;

constexpr int kBatch = 500;

template <class List, class One>
bool IsWanted(const List& list, const One& one) {
  return list.empty() || std::find(list.begin(), list.end(), one) != list.end();
}

// How far a snapshot has been told.
struct SnapshotPlace {
  int64_t told = 0;   // The position whose state it tells; 0 where none is to be told.
  size_t kind = 0;    // What is told now, and after which key.
  std::string after;
};

constexpr char kSnapshot[] = "snapshot";

std::string Encode(const SnapshotPlace& place) {
  const std::string key[] = {absl::StrCat(place.told), absl::StrCat(place.kind), place.after};
  return storage::EncodePageToken(key, kSnapshot);
}

absl::StatusOr<SnapshotPlace> Decode(const std::string& token, int64_t last) {
  ASSIGN_OR_RETURN(const std::vector<std::string> key,
                   storage::DecodePageToken(token, kSnapshot));
  SnapshotPlace place;
  uint64_t kind = 0;
  if (key.size() != 3 || !absl::SimpleAtoi(key[0], &place.told) ||
      !absl::SimpleAtoi(key[1], &kind) || place.told > last) {
    return absl::InvalidArgumentError("snapshot_token: got one that is none of this log's");
  }
  place.kind = kind;
  place.after = key[2];
  return place;
}

// What there is, then the events after it.
class LogStream final : public rpc::StreamSource {
 public:
  LogStream(EventLog& log, const Snapshot& snapshot, const WatchEventsRequest& request,
            SnapshotPlace place)
      : log_(log),
        snapshot_(snapshot),
        types_(request.types().begin(), request.types().end()),
        parts_(request.parts().begin(), request.parts().end()),
        stop_at_end_(request.stop_at_end()),
        place_(std::move(place)),
        position_(request.after_position()) {}

  ~LogStream() override {
    if (watcher_ != 0) log_.Unwatch(watcher_);
  }

  void SetWake(std::function<void()> wake) override { watcher_ = log_.Watch(std::move(wake)); }

  absl::StatusOr<Next> Pull(google::protobuf::Message& message) override {
    WatchEventsResponse batch;
    if (place_.told > position_) {
      ASSIGN_OR_RETURN(batch, TellState());
    } else {
      ASSIGN_OR_RETURN(batch, log_.ReadAfter(position_, types_, kBatch, parts_));
      if (batch.position() == position_) return stop_at_end_ ? Next::kEnd : Next::kWait;
    }
    if (batch.position() > 0) position_ = batch.position();
    static_cast<WatchEventsResponse&>(message) = std::move(batch);
    return Next::kMessage;
  }

  std::unique_ptr<google::protobuf::Message> NewMessage() const override {
    return std::make_unique<WatchEventsResponse>();
  }

 private:
  // The next page of the snapshot; the last one has the position.
  absl::StatusOr<WatchEventsResponse> TellState() {
    WatchEventsResponse batch;
    batch.set_snapshot(true);
    size_t& kind = place_.kind;
    while (kind < snapshot_.size() && !IsWanted(types_, snapshot_[kind].type)) ++kind;
    if (kind >= snapshot_.size()) {
      batch.set_position(place_.told);
      return batch;
    }
    ASSIGN_OR_RETURN(const std::vector<State> states,
                     log_.database().Read([this](storage::Session& session) {
                       return snapshot_[place_.kind].list(session, place_.after, kBatch);
                     }));
    for (const State& state : states) {
      if (!IsWanted(parts_, PartOf(state.partition))) continue;
      Event& event = *batch.add_events();
      event.set_id(absl::StrCat(state.subject, "@", place_.told));
      event.set_source(log_.source());
      event.set_type(snapshot_[kind].type);
      event.set_subject(state.subject);
      event.set_position(place_.told);
      event.set_partition(state.partition);
      *event.mutable_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
      event.mutable_data()->PackFrom(*state.payload);
    }
    if (states.empty()) {
      ++kind;
      place_.after.clear();
    } else {
      place_.after = states.back().key;
    }
    batch.set_snapshot_token(Encode(place_));
    return batch;
  }

  EventLog& log_;
  const Snapshot& snapshot_;
  const std::vector<std::string> types_;
  const std::vector<int> parts_;
  const bool stop_at_end_;
  SnapshotPlace place_;
  int64_t position_;
  int64_t watcher_ = 0;
};

}  // namespace

void EventService::Register(rpc::Server& server) {
  server.HandleStream(this, &EventService::WatchEvents);
}

absl::StatusOr<std::unique_ptr<rpc::StreamSource>> EventService::WatchEvents(
    rpc::Call&, const WatchEventsRequest& request) {
  ASSIGN_OR_RETURN(const int64_t last, log_.LastPosition());
  if (request.after_position() > last) {
    // Whoever asks has seen events that this log no longer has.
    return absl::OutOfRangeError(absl::StrCat("after_position: got ", request.after_position(),
                                              ", want at most ", last,
                                              ", where the log ends: was it restored?"));
  }
  // What the forgotten events told is told by what there is now, and by the events after that.
  ASSIGN_OR_RETURN(const int64_t forgotten, log_.ForgottenPosition());
  SnapshotPlace place;
  const bool is_told = forgotten > 0 || request.snapshot();
  if (request.after_position() == 0 && is_told && !snapshot_.empty()) {
    place.told = last;
    if (!request.snapshot_token().empty()) {
      ASSIGN_OR_RETURN(place, Decode(request.snapshot_token(), last));
    }
  }
  return std::make_unique<LogStream>(log_, snapshot_, request, std::move(place));
}

}  // namespace portico::events

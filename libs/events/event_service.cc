#include "libs/events/event_service.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/events/part.h"

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

// What there is, then the events after it.
class LogStream final : public rpc::StreamSource {
 public:
  // `told` is the position whose state the snapshot tells; 0 where none is to be told.
  LogStream(EventLog& log, const Snapshot& snapshot, const WatchEventsRequest& request,
            int64_t told)
      : log_(log),
        snapshot_(snapshot),
        types_(request.types().begin(), request.types().end()),
        parts_(request.parts().begin(), request.parts().end()),
        stop_at_end_(request.stop_at_end()),
        told_(told),
        position_(request.after_position()) {}

  ~LogStream() override {
    if (watcher_ != 0) log_.Unwatch(watcher_);
  }

  void SetWake(std::function<void()> wake) override { watcher_ = log_.Watch(std::move(wake)); }

  absl::StatusOr<Next> Pull(google::protobuf::Message& message) override {
    WatchEventsResponse batch;
    if (told_ > position_) {
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
    while (kind_ < snapshot_.size() && !IsWanted(types_, snapshot_[kind_].type)) ++kind_;
    if (kind_ == snapshot_.size()) {
      batch.set_position(told_);
      return batch;
    }
    ASSIGN_OR_RETURN(const std::vector<State> states,
                     log_.database().Read([this](storage::Session& session) {
                       return snapshot_[kind_].list(session, after_, kBatch);
                     }));
    for (const State& state : states) {
      if (!IsWanted(parts_, PartOf(state.partition))) continue;
      Event& event = *batch.add_events();
      event.set_id(absl::StrCat(state.subject, "@", told_));
      event.set_source(log_.source());
      event.set_type(snapshot_[kind_].type);
      event.set_subject(state.subject);
      event.set_position(told_);
      event.set_partition(state.partition);
      *event.mutable_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
      event.mutable_data()->PackFrom(*state.payload);
    }
    if (states.empty()) {
      ++kind_;
      after_.clear();
    } else {
      after_ = states.back().key;
    }
    return batch;
  }

  EventLog& log_;
  const Snapshot& snapshot_;
  const std::vector<std::string> types_;
  const std::vector<int> parts_;
  const bool stop_at_end_;
  const int64_t told_;
  size_t kind_ = 0;
  std::string after_;
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
  const bool told = request.after_position() == 0 && forgotten > 0 && !snapshot_.empty();
  return std::make_unique<LogStream>(log_, snapshot_, request, told ? last : 0);
}

}  // namespace portico::events

#include "libs/events/event_service.h"

#include <absl/strings/str_cat.h>

#include <memory>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"

namespace portico::events {
namespace {

using portico::events::v1::WatchEventsRequest;
using portico::events::v1::WatchEventsResponse;

constexpr int kBatch = 500;

class LogStream final : public rpc::StreamSource {
 public:
  LogStream(EventLog& log, const WatchEventsRequest& request)
      : log_(log),
        types_(request.types().begin(), request.types().end()),
        stop_at_end_(request.stop_at_end()),
        position_(request.after_position()) {}

  ~LogStream() override {
    if (watcher_ != 0) log_.Unwatch(watcher_);
  }

  void SetWake(std::function<void()> wake) override { watcher_ = log_.Watch(std::move(wake)); }

  absl::StatusOr<Next> Pull(google::protobuf::Message& message) override {
    ASSIGN_OR_RETURN(WatchEventsResponse batch, log_.ReadAfter(position_, types_, kBatch));
    if (batch.position() == position_) return stop_at_end_ ? Next::kEnd : Next::kWait;
    position_ = batch.position();
    static_cast<WatchEventsResponse&>(message) = std::move(batch);
    return Next::kMessage;
  }

  std::unique_ptr<google::protobuf::Message> NewMessage() const override {
    return std::make_unique<WatchEventsResponse>();
  }

 private:
  EventLog& log_;
  const std::vector<std::string> types_;
  const bool stop_at_end_;
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
  return std::make_unique<LogStream>(log_, request);
}

}  // namespace portico::events

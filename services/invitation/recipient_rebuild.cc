#include "services/invitation/recipient_rebuild.h"

#include <limits>
#include <utility>

#include "libs/base/status_macros.h"
#include "portico/events/v1/events.pb.h"
#include "portico/invitation/v1/bulk_send.pb.h"

namespace portico::invitation {

using portico::events::v1::Event;
using portico::events::v1::WatchEventsRequest;
using portico::events::v1::WatchEventsResponse;
using storage::Session;

namespace {

constexpr int64_t kSegments = 20;  // Counted in one transaction.

}  // namespace

class RecipientRebuild::Run final : public rpc::StreamSource {
 public:
  explicit Run(RecipientRebuild& rebuild) : rebuild_(rebuild) {}

  void SetWake(std::function<void()>) override {}

  absl::StatusOr<Next> Pull(google::protobuf::Message& message) override {
    auto& progress = static_cast<v1::RebuildRecipientsResponse&>(message);
    if (source_ < rebuild_.sources_.size()) {
      progress.set_stage(rebuild_.sources_[source_].name);
      RETURN_IF_ERROR(ReadSome());
      progress.set_done(done_);
      if (reader_ == nullptr) {
        ++source_;
        done_ = 0;
      }
      return Next::kMessage;
    }
    progress.set_stage("counts");
    ASSIGN_OR_RETURN(const int64_t counted, CountSome());
    if (counted == 0) return Next::kEnd;
    done_ += counted;
    progress.set_done(done_);
    return Next::kMessage;
  }

  std::unique_ptr<google::protobuf::Message> NewMessage() const override {
    return std::make_unique<v1::RebuildRecipientsResponse>();
  }

 private:
  // The next batch of what a source tells; the reader is gone after the last.
  absl::Status ReadSome() {
    const Source& source = rebuild_.sources_[source_];
    if (reader_ == nullptr) {
      WatchEventsRequest request;
      const std::vector<std::string> types = source.handler.types();
      request.mutable_types()->Add(types.begin(), types.end());
      request.set_snapshot(true);
      request.set_stop_at_end(true);
      reader_ = source.peer.Open(request);
    }
    WatchEventsResponse batch;
    if (!reader_->Read(batch)) {
      const absl::Status status = reader_->Finish();
      reader_.reset();
      return status;
    }
    if (batch.events_size() > 0) {
      const std::vector<Event> events(batch.events().begin(), batch.events().end());
      ASSIGN_OR_RETURN(const events::Effect effect, source.handler.Prepare(events));
      RETURN_IF_ERROR(rebuild_.database_.Write(effect));
      done_ += batch.events_size();
    }
    // What comes after it, the subscriptions apply.
    if (batch.snapshot() && batch.position() > 0) {
      reader_->Cancel();
      reader_->Finish().IgnoreError();
      reader_.reset();
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> CountSome() {
    ASSIGN_OR_RETURN(
        const std::vector<int64_t> segments,
        rebuild_.database_.Write([&](Session& session) -> absl::StatusOr<std::vector<int64_t>> {
          ASSIGN_OR_RETURN(const std::vector<int64_t> some,
                           rebuild_.stores_.groups.Segments(session, segment_, kSegments));
          for (const int64_t segment : some) {
            RETURN_IF_ERROR(rebuild_.stores_.groups.CountAnew(session, segment));
          }
          return some;
        }));
    if (!segments.empty()) segment_ = segments.back();
    return static_cast<int64_t>(segments.size());
  }

  RecipientRebuild& rebuild_;
  size_t source_ = 0;
  std::unique_ptr<rpc::StreamReader> reader_;
  int64_t segment_ = std::numeric_limits<int64_t>::min();
  int64_t done_ = 0;
};

std::unique_ptr<rpc::StreamSource> RecipientRebuild::Begin() {
  return std::make_unique<Run>(*this);
}

}  // namespace portico::invitation

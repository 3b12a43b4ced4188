#include "services/invitation/bulk_watchers.h"

#include <google/protobuf/util/message_differencer.h>

#include <utility>

#include "libs/base/status_macros.h"

namespace portico::invitation {

using v1::WatchBulkSendResponse;

class BulkWatchers::Source final : public rpc::StreamSource {
 public:
  Source(BulkWatchers& watchers, storage::Database& database, const Stores& stores, std::string id)
      : watchers_(watchers), database_(database), stores_(stores), id_(std::move(id)) {}

  ~Source() override {
    absl::MutexLock lock(&watchers_.mutex_);
    watchers_.wakes_.erase(number_);
  }

  void SetWake(std::function<void()> wake) override {
    absl::MutexLock lock(&watchers_.mutex_);
    number_ = ++watchers_.last_;
    watchers_.wakes_[number_] = std::move(wake);
  }

  absl::StatusOr<Next> Pull(google::protobuf::Message& message) override {
    if (ended_) return Next::kEnd;
    ASSIGN_OR_RETURN(BulkSend now, database_.Read([this](storage::Session& session)
                                                      -> absl::StatusOr<BulkSend> {
      ASSIGN_OR_RETURN(std::optional<BulkSend> bulk, stores_.bulk_sends.Find(session, id_));
      if (!bulk.has_value()) return absl::NotFoundError("the bulk send is gone");
      ASSIGN_OR_RETURN(*bulk->mutable_progress(), stores_.bulk_sends.Progress(session, *bulk));
      return *std::move(bulk);
    }));
    if (google::protobuf::util::MessageDifferencer::Equals(now, told_)) return Next::kWait;
    told_ = now;
    ended_ = now.state() == v1::BULK_SEND_STATE_DONE ||
             (now.state() == v1::BULK_SEND_STATE_CANCELLED && now.progress().sending() == 0);
    *static_cast<WatchBulkSendResponse&>(message).mutable_bulk_send() = std::move(now);
    return Next::kMessage;
  }

  std::unique_ptr<google::protobuf::Message> NewMessage() const override {
    return std::make_unique<WatchBulkSendResponse>();
  }

 private:
  BulkWatchers& watchers_;
  storage::Database& database_;
  const Stores& stores_;
  const std::string id_;
  int64_t number_ = 0;
  BulkSend told_;
  bool ended_ = false;
};

void BulkWatchers::Wake() {
  absl::MutexLock lock(&mutex_);
  for (const auto& [number, wake] : wakes_) wake();
}

std::unique_ptr<rpc::StreamSource> BulkWatchers::Watch(storage::Database& database,
                                                       const Stores& stores,
                                                       const std::string& id) {
  return std::make_unique<Source>(*this, database, stores, id);
}

}  // namespace portico::invitation

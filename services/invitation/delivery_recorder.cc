#include "services/invitation/delivery_recorder.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "libs/base/clock.h"
#include "libs/log/log.h"

namespace portico::invitation {
namespace {

// What one transaction records: SQLite's other writers wait for it.
constexpr size_t kMostAtOnce = 256;
// So many are worth a transaction at once.
constexpr size_t kEnough = 64;
// When so many are refused one after the other, it is the database's fault whatever it says.
constexpr int kMostUnrecordable = 8;

// Whether the database is out of order; any other error is about what it was given.
bool IsOutage(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsDeadlineExceeded(status) || absl::IsAborted(status) ||
         absl::IsCancelled(status);
}

}  // namespace

void DeliveryRecorder::Listen(std::function<void()> listener) {
  absl::MutexLock lock(&mutex_);
  listener_ = std::move(listener);
}

bool DeliveryRecorder::AwaitRoom(absl::Duration wait) {
  absl::MutexLock lock(&mutex_);
  const auto has_room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !stuck_ && waiting_.size() < most_waiting_;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&has_room), wait);
}

bool DeliveryRecorder::IsStuck() const {
  absl::MutexLock lock(&mutex_);
  return stuck_;
}

bool DeliveryRecorder::IsUnrecordable(const std::string& message_id) const {
  absl::MutexLock lock(&mutex_);
  return unrecordable_.contains(message_id);
}

void DeliveryRecorder::Push(TriedMail tried) {
  absl::MutexLock lock(&mutex_);
  waiting_.push_back(std::move(tried));
  if ((waiting_.size() == 1 || waiting_.size() == kEnough) && listener_) listener_();
}

absl::Duration DeliveryRecorder::RunOnce(absl::Duration linger) {
  std::vector<TriedMail> batch = TakeBatch(linger);
  while (!batch.empty()) {
    if (!Record(batch)) return kDatabaseRest;
    SetStuck(false);
    batch = TakeBatch(linger);
  }
  return absl::Hours(1);
}

std::vector<TriedMail> DeliveryRecorder::TakeBatch(absl::Duration linger) {
  std::vector<TriedMail> batch;
  absl::MutexLock lock(&mutex_);
  if (waiting_.empty()) return batch;
  const auto is_enough = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return waiting_.size() >= kEnough || stuck_;
  };
  mutex_.AwaitWithTimeout(absl::Condition(&is_enough), linger);
  const size_t size = std::min(waiting_.size(), kMostAtOnce);
  // The channel sees to it that no two are of one mail.
  std::move(waiting_.begin(), waiting_.begin() + size, std::back_inserter(batch));
  waiting_.erase(waiting_.begin(), waiting_.begin() + size);
  return batch;
}

bool DeliveryRecorder::Record(std::vector<TriedMail>& batch) {
  const auto outcomes = results_.Record(batch);
  if (outcomes.ok()) {
    NoteRecorded();
    Tell(batch, *outcomes);
    return true;
  }
  if (IsOutage(outcomes.status())) {
    log::Warn("results of deliveries cannot be recorded yet",
              {{"count", batch.size()}, {"error", outcomes.status().ToString()}});
    PutBack(batch);
    return false;
  }
  // One of them, or the database.
  for (size_t i = 0; i < batch.size(); ++i) {
    if (RecordOne(batch[i])) continue;
    PutBack(std::span(batch).subspan(i));
    return false;
  }
  return true;
}

// False when the database does not take it yet.
bool DeliveryRecorder::RecordOne(TriedMail& tried) {
  auto outcomes = results_.Record({&tried, 1});
  if (!outcomes.ok() && !IsOutage(outcomes.status())) {
    // It may be the server's words that the database does not take.
    TriedMail wordless = tried;
    wordless.result.enhanced_status.clear();
    wordless.result.reply.clear();
    outcomes = results_.Record({&wordless, 1});
  }
  if (outcomes.ok()) {
    NoteRecorded();
    Tell({&tried, 1}, *outcomes);
    return true;
  }
  if (IsOutage(outcomes.status())) return false;
  {
    absl::MutexLock lock(&mutex_);
    if (unrecordable_in_a_row_ >= kMostUnrecordable) return false;
    ++unrecordable_in_a_row_;
    unrecordable_.insert(tried.claimed.mail.message.id());
  }
  // Others to the address need not wait for it.
  channel_.Finish(tried.claimed, /*accepted=*/false);
  log::Error("the result of a delivery cannot be recorded",
             {{"message", tried.claimed.mail.message.id()},
              {"error", outcomes.status().ToString()}});
  return true;
}

void DeliveryRecorder::PutBack(std::span<TriedMail> rest) {
  SetStuck(true);
  absl::MutexLock lock(&mutex_);
  waiting_.insert(waiting_.begin(), std::make_move_iterator(rest.begin()),
                  std::make_move_iterator(rest.end()));
}

void DeliveryRecorder::SetStuck(bool stuck) {
  absl::MutexLock lock(&mutex_);
  stuck_ = stuck;
}

void DeliveryRecorder::NoteRecorded() {
  absl::MutexLock lock(&mutex_);
  unrecordable_in_a_row_ = 0;
}

void DeliveryRecorder::Tell(std::span<const TriedMail> tried,
                            const std::vector<std::optional<DeliveryOutcome>>& outcomes) {
  std::map<DeliveryOutcome, int> counts;
  for (size_t i = 0; i < tried.size(); ++i) {
    const bool accepted = tried[i].result.outcome == mail::Outcome::kAccepted;
    channel_.Finish(tried[i].claimed, accepted);
    if (!outcomes[i].has_value()) continue;
    ++counts[*outcomes[i]];
    if (!accepted) refusals_.Note(tried[i], *outcomes[i]);
  }
  for (const auto& [outcome, count] : counts) {
    metrics_.Count("portico_deliveries_total", "Attempts to deliver a mail, by how they ended.",
                   {{"outcome", portico::invitation::v1::DeliveryOutcome_Name(outcome)}}, count);
  }
}

}  // namespace portico::invitation

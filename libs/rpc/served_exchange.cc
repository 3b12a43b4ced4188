#include "libs/rpc/served_exchange.h"

#include <utility>

#include "libs/rpc/byte_buffer.h"
#include "libs/rpc/status_conversion.h"

namespace portico::rpc {

ServedExchange::ServedExchange(WorkerPool& pool, Steps steps, Done done)
    : pool_(pool), steps_(std::move(steps)), done_(std::move(done)) {}

void ServedExchange::Start() {
  if (!pool_.TrySubmit([this] { Open(); })) {
    End(absl::ResourceExhaustedError("too many calls are waiting"));
    ReadOrFinish();
  }
}

void ServedExchange::Open() {
  auto exchange = steps_.open();
  if (exchange.ok()) {
    exchange_ = *std::move(exchange);
    answer_ = steps_.new_answer();
  } else {
    End(exchange.status());
  }
  ReadOrFinish();
}

// The end of one step, and the begin of the next.
void ServedExchange::ReadOrFinish() {
  {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    if (!ending_) {
      reading_ = true;
      StartRead(&request_bytes_);
      return;
    }
    finished_ = true;
    final_ = end_;
  }
  Finish(ToGrpc(final_));
}

void ServedExchange::OnReadDone(bool ok) {
  bool ending;
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    if (finished_) return;
    ending = ending_;
  }
  if (ending) return ReadOrFinish();
  pool_.Submit([this, ok] { ok ? Take() : TakeEnd(); });
}

void ServedExchange::Take() {
  auto request = steps_.read(request_bytes_);
  request_bytes_.Clear();
  if (!request.ok()) return Answer(request.status(), false);
  answer_->Clear();
  Answer(steps_.within([&] { return exchange_->Take(**request, *answer_); }), false);
}

void ServedExchange::TakeEnd() {
  answer_->Clear();
  Answer(steps_.within([&] { return exchange_->End(*answer_); }), true);
}

// What was kept is told even where the stream is to end.
void ServedExchange::Answer(const absl::StatusOr<bool>& has_answer, bool is_last) {
  if (!has_answer.ok()) {
    End(has_answer.status());
    return ReadOrFinish();
  }
  if (is_last) End(absl::OkStatus());
  if (!*has_answer) return ReadOrFinish();
  answer_bytes_ = Serialize(*answer_);
  StartWrite(&answer_bytes_);
}

void ServedExchange::OnWriteDone(bool ok) {
  if (!ok) End(absl::CancelledError("the client has gone"));
  ReadOrFinish();
}

void ServedExchange::End(absl::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    if (ending_) return;
    ending_ = true;
    end_ = std::move(status);
    // A client may send nothing for long; a step under way will see it.
    if (!reading_ || finished_) return;
    finished_ = true;
    final_ = end_;
  }
  Finish(ToGrpc(final_));
}

void ServedExchange::OnCancel() { End(absl::CancelledError("the client has gone")); }

void ServedExchange::OnDone() {
  exchange_.reset();
  const Done done = std::move(done_);  // It deletes this.
  done(this, final_);
}

}  // namespace portico::rpc

#include "libs/rpc/served_stream.h"

#include <utility>

#include "libs/rpc/byte_buffer.h"
#include "libs/rpc/status_conversion.h"

namespace portico::rpc {

ServedStream::ServedStream(WorkerPool& pool, Open open, Done done)
    : pool_(pool), open_(std::move(open)), done_(std::move(done)) {}

void ServedStream::Start() {
  if (!pool_.TrySubmit([this] { OpenSource(); })) {
    End(absl::ResourceExhaustedError("too many calls are waiting"));
    Settle();
  }
}

void ServedStream::OpenSource() {
  auto source = open_();
  if (!source.ok()) {
    End(source.status());
    return Settle();
  }
  source_ = *std::move(source);
  message_ = source_->NewMessage();
  source_->SetWake([this] { Wake(); });
  Pull();
}

void ServedStream::Pull() {
  {
    absl::MutexLock lock(&mutex_);
    woken_ = false;
  }
  message_->Clear();
  const auto next = source_->Pull(*message_);
  if (!next.ok()) {
    End(next.status());
  } else if (*next == StreamSource::Next::kEnd) {
    End(absl::OkStatus());
  } else if (*next == StreamSource::Next::kMessage) {
    bool ending;
    {
      absl::MutexLock lock(&mutex_);
      ending = ending_;
    }
    if (!ending) {
      bytes_ = Serialize(*message_);
      StartWrite(&bytes_);
      return;  // Busy until OnWriteDone.
    }
  }
  Settle();
}

void ServedStream::OnWriteDone(bool ok) {
  if (!ok) {
    End(absl::CancelledError("the client has gone"));
    return Settle();
  }
  pool_.Submit([this] { Pull(); });
}

void ServedStream::Wake() {
  {
    absl::MutexLock lock(&mutex_);
    woken_ = true;
    if (busy_ || finished_) return;
    busy_ = true;
  }
  pool_.Submit([this] { Pull(); });
}

void ServedStream::End(absl::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    if (ending_) return;
    ending_ = true;
    end_ = std::move(status);
    if (busy_) return;  // Settle() will see it.
    busy_ = true;
  }
  Settle();
}

void ServedStream::OnCancel() { End(absl::CancelledError("the client has gone")); }

void ServedStream::Settle() {
  bool pull = false;
  {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    if (ending_) {
      finished_ = true;
      final_ = end_;
    } else if (woken_) {
      pull = true;
    } else {
      busy_ = false;
      return;
    }
  }
  if (pull) {
    pool_.Submit([this] { Pull(); });
  } else {
    Finish(ToGrpc(final_));
  }
}

void ServedStream::OnDone() {
  source_.reset();  // After this no wake is under way.
  const Done done = std::move(done_);  // It deletes this stream.
  done(this, final_);
}

}  // namespace portico::rpc

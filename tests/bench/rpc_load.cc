#include "tests/bench/rpc_load.h"

#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <atomic>
#include <optional>

namespace portico::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

class Runner {
 public:
  Runner(const std::shared_ptr<grpc::Channel>& channel, const Load& load)
      : stub_(channel), load_(load), slots_(static_cast<size_t>(load.in_flight)) {}

  LoadResult Run() {
    begin_ = SteadyClock::now();
    running_ = load_.in_flight;
    for (Slot& slot : slots_) Next(slot);
    {
      absl::MutexLock lock(&mutex_);
      const auto ended = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_ == 0; };
      mutex_.Await(absl::Condition(&ended));
    }
    return Sum();
  }

 private:
  // One of the calls under way.
  struct Slot {
    std::optional<grpc::ClientContext> context;
    grpc::ByteBuffer request;
    grpc::ByteBuffer response;
    SteadyClock::time_point start;
    std::vector<uint32_t> microseconds;
    uint64_t failed = 0;
    std::string first_error;
  };

  void Next(Slot& slot) {
    const uint64_t number = started_.fetch_add(1, std::memory_order_relaxed);
    slot.start = SteadyClock::now();
    const bool over = (load_.calls > 0 && number >= load_.calls) ||
                      (load_.time.count() > 0 && slot.start - begin_ >= load_.time);
    if (over) {
      absl::MutexLock lock(&mutex_);
      --running_;
      return;
    }
    slot.request = load_.request(number);
    slot.response.Clear();
    slot.context.emplace();
    slot.context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    if (!load_.token.empty()) {
      slot.context->AddMetadata("authorization", absl::StrCat("Bearer ", load_.token));
    }
    stub_.UnaryCall(&*slot.context, load_.method, grpc::StubOptions(), &slot.request,
                    &slot.response, [this, &slot](const grpc::Status& status) {
                      Count(slot, status);
                      if (status.ok() && load_.on_response) load_.on_response(slot.response);
                      Next(slot);
                    });
  }

  static void Count(Slot& slot, const grpc::Status& status) {
    if (!status.ok()) {
      if (slot.failed++ == 0) slot.first_error = status.error_message();
      return;
    }
    const auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - slot.start);
    slot.microseconds.push_back(static_cast<uint32_t>(took.count()));
  }

  LoadResult Sum() {
    LoadResult result;
    result.seconds = std::chrono::duration<double>(SteadyClock::now() - begin_).count();
    for (const Slot& slot : slots_) {
      result.microseconds.insert(result.microseconds.end(), slot.microseconds.begin(),
                                 slot.microseconds.end());
      result.failed += slot.failed;
      if (result.first_error.empty()) result.first_error = slot.first_error;
    }
    std::ranges::sort(result.microseconds);
    return result;
  }

  grpc::GenericStub stub_;
  const Load& load_;
  std::vector<Slot> slots_;
  SteadyClock::time_point begin_;
  std::atomic<uint64_t> started_ = 0;
  absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

double LoadResult::Milliseconds(double quantile) const {
  if (microseconds.empty()) return 0;
  const double last = static_cast<double>(microseconds.size() - 1);
  return microseconds[static_cast<size_t>(quantile * last)] / 1000.0;
}

LoadResult Run(const std::shared_ptr<grpc::Channel>& channel, const Load& load) {
  return Runner(channel, load).Run();
}

}  // namespace portico::bench

// absl::Mutex on top of std::mutex, linked into every test program of the tsan
// preset: Debian's Abseil is not built for ThreadSanitizer, which therefore takes
// whatever its mutex guards for a race. Slow, and fair enough for tests.
#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <unordered_map>

namespace {

struct Stand {
  std::mutex mutex;
  std::condition_variable changed;
};

std::mutex& TableMutex() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}

std::unordered_map<const void*, Stand*>& Table() {
  static auto* const table = new std::unordered_map<const void*, Stand*>;
  return *table;
}

Stand& Of(const void* mutex) {
  const std::lock_guard lock(TableMutex());
  Stand*& stand = Table()[mutex];
  if (stand == nullptr) stand = new Stand;
  return *stand;
}

// Called and left with the mutex held.
bool WaitFor(Stand& stand, const absl::Condition& condition, absl::Duration timeout) {
  const bool endless = timeout == absl::InfiniteDuration();
  const auto end = std::chrono::steady_clock::now() +
                   absl::ToChronoNanoseconds(endless ? absl::ZeroDuration() : timeout);
  std::unique_lock<std::mutex> lock(stand.mutex, std::adopt_lock);
  stand.changed.notify_all();
  while (!condition.Eval()) {
    if (endless) {
      stand.changed.wait(lock);
    } else if (stand.changed.wait_until(lock, end) == std::cv_status::timeout) {
      break;
    }
  }
  const bool holds = condition.Eval();
  lock.release();
  return holds;
}

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

Mutex::~Mutex() {
  Stand* stand = nullptr;
  {
    const std::lock_guard lock(TableMutex());
    if (const auto found = Table().find(this); found != Table().end()) {
      stand = found->second;
      Table().erase(found);
    }
  }
  delete stand;
}

void Mutex::Lock() { Of(this).mutex.lock(); }
bool Mutex::TryLock() { return Of(this).mutex.try_lock(); }
void Mutex::Unlock() {
  Stand& stand = Of(this);
  stand.changed.notify_all();
  stand.mutex.unlock();
}
void Mutex::ReaderLock() { Lock(); }
void Mutex::ReaderUnlock() { Unlock(); }
void Mutex::Await(const Condition& condition) { WaitFor(Of(this), condition, InfiniteDuration()); }
bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  return WaitFor(Of(this), condition, timeout);
}
bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  return WaitFor(Of(this), condition, deadline - Now());
}
void Mutex::LockWhen(const Condition& condition) {
  Lock();
  WaitFor(Of(this), condition, InfiniteDuration());
}
bool Mutex::LockWhenWithTimeout(const Condition& condition, Duration timeout) {
  Lock();
  return WaitFor(Of(this), condition, timeout);
}
bool Mutex::LockWhenWithDeadline(const Condition& condition, Time deadline) {
  Lock();
  return WaitFor(Of(this), condition, deadline - Now());
}

ABSL_NAMESPACE_END
}  // namespace absl

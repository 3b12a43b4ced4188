#pragma once

#include <absl/time/time.h>

namespace portico::rpc {

// The deadline of the call that this thread serves, so that calls it makes to
// peers end in time. Lives as long as the handler runs.
class CallScope {
 public:
  explicit CallScope(absl::Time deadline);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  // InfiniteFuture where the thread serves no call.
  static absl::Time Deadline();

 private:
  const absl::Time outer_;
};

}  // namespace portico::rpc

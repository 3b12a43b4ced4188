#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

namespace portico::rpc {

// A stream that a server has open, in one direction or both. Thread-safe.
class ServedCall {
 public:
  virtual ~ServedCall() = default;

  virtual absl::Time start() const = 0;  // By SteadyClock().

  // Finishes it with `status` once what is under way is over.
  virtual void End(absl::Status status) = 0;
};

}  // namespace portico::rpc

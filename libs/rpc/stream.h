#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string_view>

namespace portico::rpc {

// The reason in the UNAVAILABLE that ends a stream which its client is to open again at once,
// where it stopped, since another replica may have more to give than this one.
inline constexpr std::string_view kOpenAgain = "OPEN_AGAIN";

// The messages of one server stream. The server pulls them: it asks for the next
// when the client has room for it, and holds no thread while there is none.
class StreamSource {
 public:
  enum class Next {
    kMessage,  // `message` is filled; send it and ask again.
    kWait,     // Nothing yet; ask again when woken.
    kEnd,      // The stream is complete.
  };

  // Destroyed when the stream is over, also when the client has gone. No wake
  // may be under way once the destructor has returned.
  virtual ~StreamSource() = default;

  // Called once, before the first Pull. `wake` may be called from any thread, at
  // any time, also when nothing waits.
  virtual void SetWake(std::function<void()> wake) = 0;

  // Runs on a worker thread and may block for as long as a database read does.
  // A message that becomes ready after kWait is answered must lead to a wake.
  virtual absl::StatusOr<Next> Pull(google::protobuf::Message& message) = 0;

  // An empty message for Pull to fill.
  virtual std::unique_ptr<google::protobuf::Message> NewMessage() const = 0;
};

}  // namespace portico::rpc

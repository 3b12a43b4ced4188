#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

namespace portico::rpc {

// The server's side of one two-way stream, such as an import: takes what the client
// sends, message by message, and may answer each. Called on worker threads, never by two
// at once, and free to wait for as long as a database write does; meanwhile nothing more
// is read from the client.
class Exchange {
 public:
  virtual ~Exchange() = default;  // Also when the client has gone.

  // True when `answer` is filled and goes to the client. An error ends the stream.
  virtual absl::StatusOr<bool> Take(google::protobuf::Message& request,
                                    google::protobuf::Message& answer) = 0;

  // The client has sent all; the stream ends after the answer, if there is one.
  virtual absl::StatusOr<bool> End(google::protobuf::Message& answer) = 0;
};

}  // namespace portico::rpc

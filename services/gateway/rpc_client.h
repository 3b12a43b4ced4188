#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/rpc/peer.h"

namespace portico::gateway {

using Metadata = std::multimap<std::string, std::string>;

struct RpcRequest {
  std::string package;  // Whose channel to use, such as "portico.contact.v1".
  std::string path;     // "/portico.contact.v1.ContactService/GetContact"
  std::string message;  // Serialized.
  Metadata metadata;    // Printable ASCII.
  std::string trace_id;
};

struct RpcAnswer {
  absl::Status status;
  std::string message;  // Serialized; of a stream always empty.
  Metadata trailers;
};

// A server stream under way.
class RpcStream {
 public:
  virtual ~RpcStream() = default;
  // Asks for the next message. Call it once after each.
  virtual void Next() = 0;
  virtual void Cancel() = 0;
};

// Calls RPCs of the services behind the gateway by name, with messages as bytes.
// Nothing blocks; what is called back runs on gRPC's threads. Thread-safe.
class RpcClient {
 public:
  // The services' addresses by proto package.
  explicit RpcClient(const std::map<std::string, rpc::PeerOptions>& peers);
  ~RpcClient();  // Waits for all calls to end.

  bool Knows(const std::string& package) const { return peers_.contains(package); }

  // `done` is called once. Returns what cancels the call, which may be called at any time.
  std::function<void()> CallUnary(RpcRequest request, absl::Duration timeout,
                                  std::function<void(RpcAnswer)> done);

  // `message` is called with each message and the stream, and asks for the next;
  // `done` is called once at the end.
  using OnMessage = std::function<void(std::string message, std::shared_ptr<RpcStream> stream)>;
  std::shared_ptr<RpcStream> OpenStream(RpcRequest request, OnMessage message,
                                        std::function<void(RpcAnswer)> done);

  // Each package with the state of its channel, such as "READY" or "TRANSIENT_FAILURE".
  std::vector<std::pair<std::string, std::string>> ChannelStates() const;

 private:
  class Unary;
  class Stream;
  struct Peer;

  void CallStarted() ABSL_LOCKS_EXCLUDED(mutex_);
  void CallEnded() ABSL_LOCKS_EXCLUDED(mutex_);

  std::map<std::string, std::unique_ptr<Peer>> peers_;
  absl::Mutex mutex_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace portico::gateway

#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>

#include "libs/base/secret.h"
#include "libs/rpc/call.h"
#include "libs/rpc/exchange.h"
#include "libs/rpc/reply.h"
#include "libs/rpc/stream.h"

namespace grpc {
class ServerCredentials;
}
namespace portico::auth {
class TokenVerifier;
}

namespace portico::rpc {

class Metrics;

struct ServerOptions {
  std::string listen;  // host:port; port 0 for any free one.
  // Threads that run handlers. A handler may block on a commit, so there are as
  // many as writes that one group commit should gather.
  int workers = 64;
  // Calls that may wait for a worker; the next is refused with RESOURCE_EXHAUSTED.
  size_t queue = 1024;
  size_t max_request_bytes = 4 << 20;
  // After NOT_SERVING is told and before new calls are refused, so that clients look elsewhere.
  absl::Duration drain_delay = absl::ZeroDuration();
  // What running calls have to finish.
  absl::Duration drain_time = absl::Seconds(20);
  // Roughly how long a client keeps a connection before it must make a new one, perhaps to another
  // replica. Calls under way end on the old one; streams are told to be opened again.
  absl::Duration max_connection_age = absl::Minutes(5);
  std::shared_ptr<grpc::ServerCredentials> credentials = nullptr;  // Null for plain text.
  // For what stands in for a service in tests: an RPC without a handler is answered UNIMPLEMENTED,
  // rather than keeping the server from starting.
  bool is_stand_in = false;
};

// Whom a session token belongs to; UNAUTHENTICATED when to nobody.
using SessionLookup = std::function<absl::StatusOr<auth::Caller>(const Secret& token)>;

// A gRPC server with health and reflection. Its handlers are plain functions
// from a request to a response or an error, or, where many calls wait for the same
// disk, to a reply that is given later. Each call is, on a worker thread:
// authenticated, checked against the access rule in the RPC's proto, validated
// by the rules in its fields' protos (output-only fields are cleared), handled,
// measured and logged. Errors are mapped here and nowhere else.
class Server {
 public:
  // `session_lookup` is needed only where an RPC is for portal users.
  Server(ServerOptions options, auth::TokenVerifier& verifier, Metrics& metrics,
         SessionLookup session_lookup = nullptr);
  ~Server();  // Shuts down.
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves the RPC whose request message is Request, by `owner->handler`.
  template <class Owner, class Request, class Response>
  void Handle(Owner* owner, absl::StatusOr<Response> (Owner::*handler)(Call&, const Request&)) {
    AddUnary(*Request::descriptor(), *Response::descriptor(),
             [owner, handler](const std::shared_ptr<PendingReply>& pending, Call& call,
                              const google::protobuf::Message& request) {
               Reply<Response> reply(pending);
               reply((owner->*handler)(call, static_cast<const Request&>(request)));
             });
  }

  // The same for a handler that may answer later.
  template <class Owner, class Request, class Response>
  void Handle(Owner* owner,
              void (Owner::*handler)(Call&, const Request&, const Reply<Response>& reply)) {
    AddUnary(*Request::descriptor(), *Response::descriptor(),
             [owner, handler](const std::shared_ptr<PendingReply>& pending, Call& call,
                              const google::protobuf::Message& request) {
               (owner->*handler)(call, static_cast<const Request&>(request),
                                 Reply<Response>(pending));
             });
  }

  // Serves the server stream whose request message is Request: `owner->open`
  // makes the source of its messages.
  template <class Owner, class Request>
  void HandleStream(Owner* owner, absl::StatusOr<std::unique_ptr<StreamSource>> (Owner::*open)(
                                      Call&, const Request&)) {
    AddStream(*Request::descriptor(),
              [owner, open](Call& call, const google::protobuf::Message& request) {
                return (owner->*open)(call, static_cast<const Request&>(request));
              });
  }

  // Serves the two-way stream whose request message is Request: `owner->open` begins it. What
  // fields with the rule `checked_apart` hold is for the exchange to check.
  template <class Request, class Owner>
  void HandleExchange(Owner* owner,
                      absl::StatusOr<std::unique_ptr<Exchange>> (Owner::*open)(Call&)) {
    AddExchange(*Request::descriptor(), [owner, open](Call& call) { return (owner->*open)(call); });
  }

  // Starts to serve. FAILED_PRECONDITION: an RPC of a service that has handlers
  // has none itself, or states no access rule. UNAVAILABLE: the address cannot be had.
  absl::Status Start();

  // The port it listens on.
  int port() const;

  // Tells health checks of all services, so that clients take another replica; once it does not
  // serve, streams end as well. A server starts as serving.
  void SetServing(bool serving);

  // NOT_SERVING, the delay, no new calls, running ones finish in the drain time. Safe to repeat.
  void Shutdown();

 private:
  using UnaryHandler = std::function<void(const std::shared_ptr<PendingReply>&, Call&,
                                          const google::protobuf::Message& request)>;
  using StreamHandler = std::function<absl::StatusOr<std::unique_ptr<StreamSource>>(
      Call&, const google::protobuf::Message& request)>;
  using ExchangeHandler = std::function<absl::StatusOr<std::unique_ptr<Exchange>>(Call&)>;
  void AddUnary(const google::protobuf::Descriptor& request,
                const google::protobuf::Descriptor& response, UnaryHandler handler);
  void AddStream(const google::protobuf::Descriptor& request, StreamHandler handler);
  void AddExchange(const google::protobuf::Descriptor& request, ExchangeHandler handler);

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico::rpc

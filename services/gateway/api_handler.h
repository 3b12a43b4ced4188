#pragma once

#include <absl/time/time.h>

#include <memory>
#include <string>
#include <vector>

#include "services/gateway/client_origin.h"
#include "services/gateway/reply.h"
#include "services/gateway/router.h"
#include "services/gateway/rpc_client.h"
#include "services/gateway/transcoder.h"

namespace portico::gateway {

// Answers the HTTP requests that stand for RPCs: transcodes, calls, transcodes back.
class ApiHandler {
 public:
  // `client` must outlive this, and must end its calls before this is destroyed.
  ApiHandler(const ApiDescriptors& api, RpcClient& client, absl::Duration call_timeout)
      : transcoder_(api), client_(client), call_timeout_(call_timeout) {}

  void Handle(const Router::Match& match, const HttpRequest& request, const ClientOrigin& origin,
              std::shared_ptr<Reply> reply) const;

 private:
  void CallUnary(const Route& route, RpcRequest call, std::shared_ptr<Reply> reply) const;
  void CallStream(const Route& route, RpcRequest call, bool as_events,
                  std::shared_ptr<Reply> reply) const;
  void CallRawStream(const Route& route, RpcRequest call, std::shared_ptr<Reply> reply) const;

  const Transcoder transcoder_;
  RpcClient& client_;
  const absl::Duration call_timeout_;
};

}  // namespace portico::gateway

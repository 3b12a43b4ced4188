#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>

namespace grpc {
class Channel;
}

namespace portico::registration {

// For tests: calls registration as the gateway does for one browser, and keeps
// the session as the browser keeps its cookie.
class Browser {
 public:
  explicit Browser(const std::string& address);

  template <class Response, class Request>
  absl::StatusOr<Response> Call(const Request& request) {
    Response response;
    absl::Status status = CallUnary(request, response);
    if (!status.ok()) return status;
    return response;
  }

  // The session's token, or "".
  std::string session;
  // In seconds, as it came with the session.
  std::string session_max_age;

 private:
  absl::Status CallUnary(const google::protobuf::Message& request,
                         google::protobuf::Message& response);

  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace portico::registration

#pragma once

#include <absl/synchronization/mutex.h>

#include <functional>
#include <memory>

#include "echo.pb.h"
#include "libs/rpc/server.h"

namespace portico::rpc {

namespace testing_protos = portico::rpc::testing::v1;

// Serves the tests' protos. Add answers the sum of each message that has addends, and in the
// end of all. Count counts to `CountRequest.to`, as far as Allow() lets it, and for ever when
// `to` is 0.
class EchoService {
 public:
  void Register(Server& server);

  void Allow(int64_t number);
  int open_streams() const;
  // Runs inside Echo.
  std::function<void(Call&)> on_echo = [](Call&) {};
  // Answers HeldEcho, whenever it likes.
  using HeldReply = Reply<testing_protos::HeldEchoResponse>;
  std::function<void(const testing_protos::HeldEchoRequest&, const HeldReply&)> on_held_echo;

 private:
  class Adder;
  class Counter;
  struct Streams;

  absl::StatusOr<testing_protos::EchoResponse> Echo(Call& call,
                                                    const testing_protos::EchoRequest& request);
  void HeldEcho(Call& call, const testing_protos::HeldEchoRequest& request,
                const HeldReply& reply);
  absl::StatusOr<testing_protos::StaffEchoResponse> StaffEcho(
      Call& call, const testing_protos::StaffEchoRequest&);
  absl::StatusOr<testing_protos::ServiceEchoResponse> ServiceEcho(
      Call& call, const testing_protos::ServiceEchoRequest&);
  absl::StatusOr<testing_protos::UserEchoResponse> UserEcho(
      Call& call, const testing_protos::UserEchoRequest&);
  absl::StatusOr<testing_protos::UpdateThingResponse> UpdateThing(
      Call&, const testing_protos::UpdateThingRequest& request);
  absl::StatusOr<std::unique_ptr<Exchange>> Add(Call&);
  absl::StatusOr<std::unique_ptr<StreamSource>> Count(Call&,
                                                      const testing_protos::CountRequest& request);

  std::shared_ptr<Streams> streams_ = MakeStreams();
  static std::shared_ptr<Streams> MakeStreams();
};

}  // namespace portico::rpc

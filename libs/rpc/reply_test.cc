#include "libs/rpc/reply.h"

#include <absl/synchronization/notification.h>

#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <stdexcept>
#include <thread>

#include "libs/log/trace.h"
#include "libs/rpc/call_scope.h"
#include "libs/rpc/echo_service.h"
#include "libs/testing/test_service.h"

namespace portico::rpc {
namespace {

using portico::testing::TestService;
using testing_protos::EchoRequest;
using testing_protos::EchoResponse;
using testing_protos::HeldEchoRequest;
using testing_protos::HeldEchoResponse;
using HeldReply = EchoService::HeldReply;

struct Served {
  explicit Served(ServerOptions options = {}) : service(nullptr, std::move(options)) {
    echo.Register(service.server());
    service.Start();
  }
  absl::StatusOr<HeldEchoResponse> Call(const std::string& text = "text") {
    HeldEchoRequest request;
    request.set_text(text);
    return service.Anonymous().Call<HeldEchoResponse>(request);
  }
  EchoService echo;
  TestService service;
};

HeldEchoResponse Text(const std::string& text) {
  HeldEchoResponse response;
  response.set_text(text);
  return response;
}

}  // namespace

TEST_CASE("A call may be answered later, from any thread, with its request still there", "[rpc]") {
  Served served;
  const auto answer_from_another_thread = [&](std::function<absl::StatusOr<HeldEchoResponse>(
                                                  const HeldEchoRequest&)> make) {
    absl::Notification is_held;
    std::function<void()> answer;
    std::thread other([&] {
      is_held.WaitForNotification();
      answer();
    });
    served.echo.on_held_echo = [&](const HeldEchoRequest& request, const HeldReply& reply) {
      answer = [&request, reply, make] { reply(make(request)); };
      is_held.Notify();
    };
    const auto answered = served.Call("now");
    other.join();
    return answered;
  };
  CHECK(answer_from_another_thread([](const HeldEchoRequest& request) {
          return Text(request.text() + " later");
        })->text() == "now later");
  CHECK(absl::IsNotFound(answer_from_another_thread([](const HeldEchoRequest&) {
                           return absl::NotFoundError("later");
                         }).status()));
}

TEST_CASE("Calls that wait for their replies hold up no thread", "[rpc]") {
  Served served({.workers = 1});
  std::optional<HeldReply> held;
  absl::Notification is_held;
  served.echo.on_held_echo = [&](const HeldEchoRequest&, const HeldReply& reply) {
    held = reply;
    is_held.Notify();
  };
  absl::StatusOr<HeldEchoResponse> answer;
  std::thread caller([&] { answer = served.Call(); });
  is_held.WaitForNotification();
  EchoRequest request;
  request.mutable_thing()->set_name("meanwhile");
  CHECK(served.service.Anonymous().Call<EchoResponse>(request).ok());
  (*held)(Text("at last"));
  caller.join();
  CHECK(answer->text() == "at last");
}

TEST_CASE("The first answer counts", "[rpc]") {
  Served served;
  served.echo.on_held_echo = [&](const HeldEchoRequest&, const HeldReply& reply) {
    reply(Text("first"));
    reply(absl::InternalError("second"));
  };
  CHECK(served.Call()->text() == "first");
}

TEST_CASE("A call that nobody answers is INTERNAL", "[rpc]") {
  Served served;
  served.echo.on_held_echo = [](const HeldEchoRequest&, const HeldReply&) {};
  CHECK(absl::IsInternal(served.Call().status()));
}

TEST_CASE("A call goes on with its deadline and trace, and may throw", "[rpc]") {
  Served served;
  std::string trace_before, trace_after;
  absl::Time deadline_before, deadline_after;
  bool throws = false;
  served.echo.on_held_echo = [&](const HeldEchoRequest&, const HeldReply& reply) {
    trace_before = log::CurrentTraceId();
    deadline_before = CallScope::Deadline();
    std::thread([&, reply] {
      reply.Continue([&, reply] {
        trace_after = log::CurrentTraceId();
        deadline_after = CallScope::Deadline();
        if (throws) throw std::runtime_error("secret detail");
        reply(Text("done"));
      });
    }).join();
  };
  CHECK(served.Call()->text() == "done");
  CHECK_FALSE(trace_before.empty());
  CHECK(trace_after == trace_before);
  CHECK(deadline_before < absl::InfiniteFuture());
  CHECK(deadline_after == deadline_before);

  throws = true;
  const absl::Status thrown = served.Call().status();
  CHECK(absl::IsInternal(thrown));
  CHECK(thrown.message().find("secret") == std::string::npos);
}

}  // namespace portico::rpc

#include "libs/rpc/server.h"

#include <absl/synchronization/blocking_counter.h>
#include <absl/synchronization/notification.h>
#include <absl/time/clock.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/error_info.pb.h"
#include "libs/rpc/echo_service.h"
#include "libs/rpc/errors.h"
#include "libs/testing/test_service.h"

namespace portico::rpc {
namespace {

using portico::testing::TestService;
using testing_protos::CountRequest;
using testing_protos::CountResponse;
using testing_protos::EchoRequest;
using testing_protos::EchoResponse;
using testing_protos::ServiceEchoRequest;
using testing_protos::ServiceEchoResponse;
using testing_protos::StaffEchoRequest;
using testing_protos::StaffEchoResponse;
using testing_protos::UpdateThingRequest;
using testing_protos::UpdateThingResponse;
using testing_protos::UserEchoRequest;
using testing_protos::UserEchoResponse;

struct Served {
  explicit Served(SessionLookup lookup = nullptr, ServerOptions options = {})
      : service(std::move(lookup), std::move(options)) {
    echo.Register(service.server());
    service.Start();
  }
  EchoService echo;
  TestService service;
};

EchoRequest Named(const std::string& name) {
  EchoRequest request;
  request.mutable_thing()->set_name(name);
  return request;
}

// The violations of an INVALID_ARGUMENT, "field: description" each.
std::vector<std::string> Violations(const absl::Status& status) {
  std::vector<std::string> all;
  google::rpc::BadRequest detail;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  if (payload.has_value() && detail.ParseFromString(std::string(*payload))) {
    for (const auto& violation : detail.field_violations()) {
      all.push_back(violation.field() + ": " + violation.description());
    }
  }
  return all;
}

}  // namespace

TEST_CASE("A public RPC is answered without a token", "[rpc]") {
  Served served;
  auto answer = served.service.Anonymous().Call<EchoResponse>(Named("thing"));
  REQUIRE(answer.ok());
  CHECK(answer->thing().name() == "thing");
}

TEST_CASE("Only the audience that the proto states is let in", "[rpc]") {
  Served served;
  TestService& service = served.service;
  const StaffEchoRequest staff;
  const ServiceEchoRequest internal;

  CHECK(service.Staff({"contacts.read"}).Call<StaffEchoResponse>(staff)->subject() == "tester");
  CHECK(service.AsService("invitation").Call<StaffEchoResponse>(staff)->subject() == "invitation");
  CHECK(service.AsService("contact").Call<ServiceEchoResponse>(internal)->subject() == "contact");

  CHECK(absl::IsUnauthenticated(service.Anonymous().Call<StaffEchoResponse>(staff).status()));
  CHECK(
      absl::IsUnauthenticated(service.WithToken("x.y.z").Call<StaffEchoResponse>(staff).status()));
  CHECK(absl::IsPermissionDenied(
      service.Staff({"contacts.write"}).Call<StaffEchoResponse>(staff).status()));
  CHECK(absl::IsPermissionDenied(
      service.Staff({"accounts.read"}).Call<ServiceEchoResponse>(internal).status()));
  CHECK(absl::IsPermissionDenied(
      service.AsService("gateway").Call<ServiceEchoResponse>(internal).status()));
  CHECK(absl::IsUnauthenticated(
      service.Staff({"contacts.read"}).Call<UserEchoResponse>(UserEchoRequest()).status()));
}

TEST_CASE("A field with a permission of its own is set by those who hold that, too", "[rpc]") {
  Served served;
  StaffEchoRequest request;
  rpc::Peer reader = served.service.Staff({"contacts.read"});
  CHECK(reader.Call<StaffEchoResponse>(request).ok());
  for (int i = 0; i < 3; ++i) request.add_notes("a");
  // What is wrong with the request comes after that.
  const absl::Status status = reader.Call<StaffEchoResponse>(request).status();
  CHECK(absl::IsPermissionDenied(status));
  CHECK(status.message() == "this call needs the permission \"contacts.write\"");
  rpc::Peer writer = served.service.Staff({"contacts.read", "contacts.write"});
  CHECK(absl::IsInvalidArgument(writer.Call<StaffEchoResponse>(request).status()));
  request.mutable_notes()->RemoveLast();
  CHECK(writer.Call<StaffEchoResponse>(request).ok());
  CHECK(absl::IsPermissionDenied(
      served.service.Staff({"contacts.write"}).Call<StaffEchoResponse>(request).status()));

  StaffEchoRequest within;
  within.mutable_thing()->set_name("a");
  CHECK(reader.Call<StaffEchoResponse>(within).ok());
  within.mutable_thing()->set_size(2);
  CHECK(absl::IsPermissionDenied(reader.Call<StaffEchoResponse>(within).status()));
  rpc::Peer sizer = served.service.Staff({"contacts.read", "accounts.write"});
  CHECK(sizer.Call<StaffEchoResponse>(within).ok());
}

TEST_CASE("An expired token is refused", "[rpc]") {
  Served served;
  auto client =
      served.service.WithToken(served.service.StaffToken({"contacts.read"}, -absl::Hours(1)));
  CHECK(absl::IsUnauthenticated(client.Call<StaffEchoResponse>(StaffEchoRequest()).status()));
}

TEST_CASE("A handler never sees the caller's token", "[rpc]") {
  Served served;
  EchoRequest request = Named("thing");
  request.set_behaviour("authorization");
  CHECK(served.service.Staff({}).Call<EchoResponse>(request)->text().empty());
}

TEST_CASE("All that is wrong with a request is named at once", "[rpc]") {
  Served served;
  EchoRequest request;
  auto& thing = *request.mutable_thing();
  thing.set_note("12345678901");
  thing.set_parent_id("con_1");
  thing.set_size(10);
  thing.add_tags("toolong");
  thing.set_day("2026-02-30");
  thing.set_kind(static_cast<testing_protos::Kind>(7));
  thing.add_parts();
  thing.set_password("hunter2-hunter2");
  const auto answer = served.service.Anonymous().Call<EchoResponse>(request);
  CHECK(absl::IsInvalidArgument(answer.status()));
  CHECK(Violations(answer.status()) ==
        std::vector<std::string>{
            "thing.name: got nothing, want a value",
            "thing.note: got 11 characters, want at most 10",
            "thing.parent_id: got \"con_1\", want an id that starts with acc_",
            "thing.size: got 10, want at most 9",
            "thing.tags[0]: got 7 characters, want at most 3",
            "thing.day: got \"2026-02-30\", want a date, YYYY-MM-DD",
            "thing.kind: got 7, want a value of Kind",
            "thing.parts[0].name: got nothing, want a value",
            "thing.password: got 15 characters, want at most 8",
        });
  CHECK(std::string(answer.status().message()).find("hunter2") == std::string::npos);
}

TEST_CASE("However much is wrong, the answer arrives and names fields", "[rpc]") {
  Served served;
  EchoRequest request = Named("thing");
  for (int i = 0; i < 100; ++i) {
    request.mutable_thing()->add_parts()->set_name(std::string(60, '\x01') + "漢字");
  }
  const auto answer = served.service.Anonymous().Call<EchoResponse>(request);
  CHECK(absl::IsInvalidArgument(answer.status()));
  CHECK(Violations(answer.status()).size() >= 3);
  CHECK_THAT(std::string(answer.status().message()), Catch::EndsWith(" more"));
}

TEST_CASE("Line breaks and control characters are refused where they do not belong", "[rpc]") {
  Served served;
  auto client = served.service.Anonymous();
  for (const char* bad : {"a\r\nb", "a\nb", "a\tb", "\x7f", "\xc2\x85", "\xe2\x80\xa8"}) {
    const auto answer = client.Call<EchoResponse>(Named(bad));
    CHECK(absl::IsInvalidArgument(answer.status()));
    REQUIRE(Violations(answer.status()).size() == 1);
    CHECK(Violations(answer.status())[0].rfind("thing.name: ", 0) == 0);
  }
  CHECK(absl::IsInvalidArgument(client.Call<EchoResponse>(Named(std::string("a\0b", 3))).status()));
  EchoRequest multiline = Named("é漢😀");
  multiline.mutable_thing()->set_note("a\r\n\tb");
  CHECK(client.Call<EchoResponse>(multiline).ok());
}

TEST_CASE("Lengths are counted in characters, and 200 is the bound where none is stated", "[rpc]") {
  Served served;
  auto client = served.service.Anonymous();
  std::string longest;
  for (int i = 0; i < 200; ++i) longest += "é";
  CHECK(client.Call<EchoResponse>(Named(longest)).ok());
  CHECK(absl::IsInvalidArgument(client.Call<EchoResponse>(Named(longest + "é")).status()));
}

TEST_CASE("What a request puts into an output-only field is dropped", "[rpc]") {
  Served served;
  EchoRequest request = Named("thing");
  request.mutable_thing()->set_id("forged");
  CHECK(served.service.Anonymous().Call<EchoResponse>(request)->thing().id().empty());
}

TEST_CASE("An update changes what its mask names and keeps the id", "[rpc]") {
  Served served;
  auto client = served.service.Anonymous();
  UpdateThingRequest request;
  request.mutable_thing()->set_id("thing-1");
  request.mutable_thing()->set_note("new");

  SECTION("without a mask, what is set") {
    auto answer = client.Call<UpdateThingResponse>(request);
    REQUIRE(answer.ok());
    CHECK(answer->thing().id() == "thing-1");
    CHECK(answer->thing().name() == "old");
    CHECK(answer->thing().note() == "new");
  }
  SECTION("a masked field that is empty is cleared, unless it is required") {
    request.mutable_update_mask()->add_paths("note");
    request.mutable_thing()->clear_note();
    CHECK(client.Call<UpdateThingResponse>(request)->thing().note().empty());
    request.mutable_update_mask()->add_paths("name");
    CHECK(absl::IsInvalidArgument(client.Call<UpdateThingResponse>(request).status()));
  }
  SECTION("what a replaced list lacks is named") {
    request.mutable_update_mask()->add_paths("parts");
    request.mutable_thing()->add_parts();
    CHECK(Violations(client.Call<UpdateThingResponse>(request).status()) ==
          std::vector<std::string>{"thing.parts[0].name: got nothing, want a value"});
  }
  SECTION("the id says which to change") {
    request.mutable_thing()->clear_id();
    CHECK(Violations(client.Call<UpdateThingResponse>(request).status()) ==
          std::vector<std::string>{"thing.id: got nothing, want a value"});
  }
  SECTION("an unknown field in the mask is refused") {
    request.mutable_update_mask()->add_paths("nose");
    const auto answer = client.Call<UpdateThingResponse>(request);
    CHECK(Violations(answer.status()) ==
          std::vector<std::string>{"update_mask: got \"nose\", want a field of Thing"});
  }
  SECTION("a stale etag is refused") {
    request.mutable_thing()->set_etag("0");
    const auto answer = client.Call<UpdateThingResponse>(request);
    CHECK(absl::IsAborted(answer.status()));
    CHECK(ReasonOf(answer.status()) == "ETAG_STALE");
  }
}

TEST_CASE("Errors keep their reason and metadata over the wire", "[rpc]") {
  Served served;
  EchoRequest request = Named("thing");
  request.set_behaviour("ABORTED");
  const auto answer = served.service.Anonymous().Call<EchoResponse>(request);
  CHECK(absl::IsAborted(answer.status()));
  CHECK(answer.status().message() == "a message");
  google::rpc::ErrorInfo info;
  const auto payload = answer.status().GetPayload("type.googleapis.com/google.rpc.ErrorInfo");
  REQUIRE(payload.has_value());
  REQUIRE(info.ParseFromString(std::string(*payload)));
  CHECK(info.reason() == "A_REASON");
  CHECK(info.domain() == "portico");
  CHECK(info.metadata().at("key") == "value");
}

TEST_CASE("An error that begins with a field's path names that field", "[rpc]") {
  Served served;
  EchoRequest request = Named("thing");
  request.set_behaviour("thing.name: got a name, want a better one");
  const auto answer = served.service.Anonymous().Call<EchoResponse>(request);
  CHECK(absl::IsInvalidArgument(answer.status()));
  CHECK(Violations(answer.status()) ==
        std::vector<std::string>{"thing.name: got a name, want a better one"});
  request.set_behaviour("not a path: at all");
  CHECK(Violations(served.service.Anonymous().Call<EchoResponse>(request).status()).empty());
}

TEST_CASE("What goes wrong inside is not told to the caller", "[rpc]") {
  Served served;
  for (const char* behaviour : {"INTERNAL", "throw"}) {
    EchoRequest request = Named("thing");
    request.set_behaviour(behaviour);
    const auto answer = served.service.Anonymous().Call<EchoResponse>(request);
    CHECK(absl::IsInternal(answer.status()));
    CHECK(answer.status().message() == "internal error");
  }
}

TEST_CASE("A portal user is known by the session, not by a token", "[rpc]") {
  Served served([](const Secret& token) -> absl::StatusOr<auth::Caller> {
    if (token.Reveal() != "good") return absl::UnauthenticatedError("no such session");
    return auth::Caller{.kind = auth::CallerKind::kPortalUser, .subject = "usr_1"};
  });
  const UserEchoRequest request;
  auto good = served.service.WithSession("good").Call<UserEchoResponse>(request);
  REQUIRE(good.ok());
  CHECK(good->subject() == "usr_1");
  CHECK(absl::IsUnauthenticated(
      served.service.WithSession("bad").Call<UserEchoResponse>(request).status()));
  CHECK(
      absl::IsUnauthenticated(served.service.Anonymous().Call<UserEchoResponse>(request).status()));
}

TEST_CASE("A call beyond the queue is refused and told when to come back", "[rpc]") {
  ServerOptions options;
  options.workers = 1;
  options.queue = 1;
  Served served(nullptr, options);
  absl::Notification entered, release;
  std::atomic<bool> first = true;
  served.echo.on_echo = [&](Call&) {
    if (first.exchange(false)) {
      entered.Notify();
      release.WaitForNotification();
    }
  };
  auto client = served.service.Anonymous();
  std::thread running([&] { CHECK(client.Call<EchoResponse>(Named("a")).ok()); });
  entered.WaitForNotification();
  // One call waits; of two more at least one finds the queue full.
  std::atomic<int> refused = 0;
  std::vector<std::thread> others;
  absl::Notification seen;
  for (int i = 0; i < 2; ++i) {
    others.emplace_back([&] {
      const auto answer = client.Call<EchoResponse>(Named("b"));
      if (absl::IsResourceExhausted(answer.status())) {
        CHECK(answer.status().GetPayload("type.googleapis.com/google.rpc.RetryInfo").has_value());
        if (++refused == 1) seen.Notify();
      }
    });
  }
  seen.WaitForNotification();
  release.Notify();
  running.join();
  for (std::thread& other : others) other.join();
  CHECK(refused == 1);
}

TEST_CASE("A handler knows the caller's deadline", "[rpc]") {
  Served served;
  EchoRequest request = Named("thing");
  request.set_behaviour("deadline");
  auto client = served.service.Anonymous();
  CHECK(client.Call<EchoResponse>(request, absl::Seconds(10))->text() == "soon");
  CHECK(client.Call<EchoResponse>(request, absl::Minutes(10))->text() == "late");
}

TEST_CASE("A stream sends what there is, waits, and goes on when woken", "[rpc]") {
  Served served;
  auto client = served.service.Anonymous();
  CountRequest request;
  request.set_to(1000);
  auto stream = client.Open(request);
  served.echo.Allow(3);
  CountResponse message;
  for (int64_t expected = 1; expected <= 3; ++expected) {
    REQUIRE(stream->Read(message));
    CHECK(message.number() == expected);
  }
  served.echo.Allow(1000);
  for (int64_t expected = 4; expected <= 1000; ++expected) {
    REQUIRE(stream->Read(message));
    REQUIRE(message.number() == expected);
  }
  CHECK_FALSE(stream->Read(message));
  CHECK(stream->Finish().ok());
}

TEST_CASE("A stream that is refused says why", "[rpc]") {
  Served served;
  auto client = served.service.Anonymous();
  CountRequest request;
  request.set_to(-1);
  auto stream = client.Open(request);
  CountResponse message;
  CHECK_FALSE(stream->Read(message));
  CHECK(absl::IsInvalidArgument(stream->Finish()));
}

TEST_CASE("Shutting down ends waiting streams at once", "[rpc]") {
  Served served;
  auto client = served.service.Anonymous();
  auto stream = client.Open(CountRequest());
  served.echo.Allow(1);
  CountResponse message;
  REQUIRE(stream->Read(message));
  served.service.server().Shutdown();
  CHECK_FALSE(stream->Read(message));
  CHECK(absl::IsUnavailable(stream->Finish()));
  CHECK(served.echo.open_streams() == 0);
}

TEST_CASE("A running call is finished before the server has shut down", "[rpc]") {
  Served served;
  absl::Notification entered, release;
  served.echo.on_echo = [&](Call&) {
    entered.Notify();
    release.WaitForNotification();
  };
  auto client = served.service.Anonymous();
  absl::Status status = absl::UnknownError("");
  std::thread running([&] { status = client.Call<EchoResponse>(Named("a")).status(); });
  entered.WaitForNotification();
  std::thread stopping([&] { served.service.server().Shutdown(); });
  release.Notify();
  running.join();
  stopping.join();
  CHECK(status.ok());
}

TEST_CASE("To a caller a server that shuts down is away, at whatever moment the call comes",
          "[rpc]") {
  // A call may come when gRPC has begun to shut down, and is cancelled by it.
  std::atomic<int> otherwise = 0;
  for (int round = 0; round < 10; ++round) {
    Served served;
    std::vector<std::thread> callers;
    absl::BlockingCounter called(4);
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back([&] {
        auto client = served.service.Anonymous();
        absl::Status status = client.Call<EchoResponse>(Named("a")).status();
        called.DecrementCount();
        while (status.ok()) status = client.Call<EchoResponse>(Named("a")).status();
        if (!absl::IsUnavailable(status)) ++otherwise;
      });
    }
    called.Wait();
    served.service.server().Shutdown();
    for (std::thread& caller : callers) caller.join();
  }
  CHECK(otherwise == 0);
}

TEST_CASE("A service with an RPC that has no handler does not start", "[rpc]") {
  struct Half {
    absl::StatusOr<StaffEchoResponse> StaffEcho(Call&, const StaffEchoRequest&) {
      return StaffEchoResponse();
    }
  } half;
  TestService service;
  service.server().Handle(&half, &Half::StaffEcho);
  CHECK_THROWS_WITH(service.Start(), Catch::Contains("has no handler"));
}

TEST_CASE("An address in use is one clear error", "[rpc]") {
  Served served;
  ServerOptions options;
  options.listen = served.service.address();
  Metrics metrics;
  class NoKeys final : public auth::KeySource {
    std::shared_ptr<const auth::KeySet> Keys() override { return nullptr; }
    bool ReportUnknownKey() override { return false; }
  };
  auth::TokenVerifier verifier({.staff_keys = std::make_shared<NoKeys>(),
                                .issuer = "",
                                .audience = "",
                                .service_keys = std::make_shared<NoKeys>()},
                               SystemClock());
  Server second(options, verifier, metrics);
  EchoService echo;
  echo.Register(second);
  const absl::Status status = second.Start();
  CHECK(absl::IsUnavailable(status));
  CHECK(std::string(status.message()).find(options.listen) != std::string::npos);
}

}  // namespace portico::rpc

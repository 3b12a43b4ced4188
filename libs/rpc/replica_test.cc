// Clients of several servers of one service, as replicas are.

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <absl/time/clock.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "libs/rpc/echo_service.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/peer.h"
#include "libs/rpc/process.h"
#include "libs/rpc/stream.h"
#include "libs/testing/test_service.h"

namespace portico::rpc {
namespace {

using portico::testing::TestService;
using testing_protos::CountRequest;
using testing_protos::CountResponse;
using testing_protos::EchoRequest;
using testing_protos::EchoResponse;
using testing_protos::UpdateThingRequest;
using testing_protos::UpdateThingResponse;

constexpr absl::Duration kPatience = absl::Seconds(30);

// Whether `condition` comes true.
bool Eventually(const std::function<bool()>& condition) {
  const absl::Time end = absl::Now() + kPatience;
  while (!condition()) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

struct Replica {
  explicit Replica(ServerOptions options = {}) : service(nullptr, std::move(options)) {
    echo.on_echo = [this](Call&) { ++calls; };
    echo.Register(service.server());
    service.Start();
  }

  std::atomic<int> calls = 0;
  EchoService echo;
  TestService service;
};

Peer PeerOf(const std::vector<const Replica*>& replicas) {
  std::vector<std::string> addresses;
  for (const Replica* replica : replicas) addresses.push_back(replica->service.address());
  return Peer({.target = "ipv4:" + absl::StrJoin(addresses, ",")});
}

absl::Status CallOnce(Peer& peer) {
  EchoRequest request;
  request.mutable_thing()->set_name("thing");
  return peer.Call<EchoResponse>(request, absl::Seconds(20)).status();
}

// How many of ten calls, each of which must succeed, came to the replica.
int OfTen(Peer& peer, const Replica& replica) {
  const int before = replica.calls;
  for (int i = 0; i < 10; ++i) {
    const absl::Status status = CallOnce(peer);
    INFO(status);
    REQUIRE(status.ok());
  }
  return replica.calls - before;
}

// The ports from which clients are connected to the server's.
std::set<std::string> ConnectionsTo(int port) {
  std::set<std::string> connections;
  std::ifstream table("/proc/self/net/tcp6");  // Where gRPC's sockets are, also those of IPv4.
  const std::string local = absl::StrCat(":", absl::Hex(port, absl::kZeroPad4));
  for (std::string line; std::getline(table, line);) {
    const std::vector<std::string> fields = absl::StrSplit(line, ' ', absl::SkipEmpty());
    // The fields are number, local address, remote address, state; 01 is ESTABLISHED.
    if (fields.size() > 3 && absl::EndsWithIgnoreCase(fields[1], local) && fields[3] == "01") {
      connections.insert(fields[2]);
    }
  }
  return connections;
}

}  // namespace

TEST_CASE("Replicas share the calls", "[rpc]") {
  Replica one, two;
  Peer peer = PeerOf({&one, &two});
  CHECK(Eventually([&] { return OfTen(peer, one) == 5; }));
  CHECK(OfTen(peer, two) == 5);
}

TEST_CASE("A name that has the addresses is as good as the addresses", "[rpc]") {
  Replica one;
  Peer peer({.target = absl::StrCat("dns:///localhost:", one.service.server().port())});
  CHECK(OfTen(peer, one) == 10);
}

TEST_CASE("A replica that does not serve gets no calls until it serves again", "[rpc]") {
  Replica one, two;
  Peer peer = PeerOf({&one, &two});
  REQUIRE(Eventually([&] { return OfTen(peer, one) == 5; }));
  one.service.server().SetServing(false);
  CHECK(Eventually([&] { return OfTen(peer, one) == 0; }));
  one.service.server().SetServing(true);
  CHECK(Eventually([&] { return OfTen(peer, one) == 5; }));
}

TEST_CASE("A replica that did not serve from the start gets no call", "[rpc]") {
  Replica one, two;
  one.service.server().SetServing(false);
  Peer peer = PeerOf({&one, &two});
  CHECK(OfTen(peer, one) == 0);
  CHECK(one.calls == 0);
}

TEST_CASE("A stream goes on at another replica when its own no longer serves", "[rpc]") {
  Replica one, two;
  Peer peer = PeerOf({&one, &two});
  const auto stream = peer.Open(CountRequest());
  REQUIRE(Eventually([&] { return one.echo.open_streams() + two.echo.open_streams() == 1; }));
  Replica& own = one.echo.open_streams() == 1 ? one : two;
  Replica& other = &own == &one ? two : one;

  own.service.server().SetServing(false);
  CountResponse message;
  CHECK_FALSE(stream->Read(message));
  const absl::Status end = stream->Finish();
  CHECK(absl::IsUnavailable(end));
  CHECK(ReasonOf(end) == kOpenAgain);

  // The health check tells the client in its own time.
  std::unique_ptr<StreamReader> again;
  CHECK(Eventually([&] {
    again = peer.Open(CountRequest());
    return Eventually([&] { return own.echo.open_streams() + other.echo.open_streams() == 1; }) &&
           other.echo.open_streams() == 1;
  }));
  other.echo.Allow(1);
  CHECK(again->Read(message));
}

// Shuts a replica down amid calls from several threads, and answers which failed.
std::vector<absl::Status> FailuresOfStopping(Replica& replica, Replica& other,
                                             absl::Status (*call)(Peer&)) {
  Peer peer = PeerOf({&replica, &other});
  REQUIRE(Eventually([&] { return OfTen(peer, other) == 5; }));
  std::atomic<bool> stop = false;
  std::atomic<int> calls = 0;
  std::vector<absl::Status> failures(4);
  std::vector<std::thread> callers;
  for (absl::Status& failure : failures) {
    callers.emplace_back([&] {
      while (!stop && failure.ok()) {
        failure = call(peer);
        ++calls;
      }
    });
  }
  CHECK(Eventually([&] { return calls > 100; }));
  replica.service.server().Shutdown();
  const int at_the_end = calls;
  CHECK(Eventually([&] { return calls > at_the_end + 100; }));
  stop = true;
  for (std::thread& caller : callers) caller.join();
  std::erase(failures, absl::OkStatus());
  return failures;
}

TEST_CASE("A replica that ends at once loses no call that may be repeated", "[rpc]") {
  Replica one({.drain_time = absl::ZeroDuration()}), two;
  CHECK(FailuresOfStopping(one, two, &CallOnce) == std::vector<absl::Status>());
}

TEST_CASE("A replica that stops as it should loses no call", "[rpc]") {
  Replica one({.drain_delay = ProcessSettings("account").drain_delay}), two;
  const auto update = [](Peer& peer) {
    UpdateThingRequest request;
    request.mutable_thing()->set_id("thing");
    return peer.Call<UpdateThingResponse>(request, absl::Seconds(20)).status();
  };
  CHECK(FailuresOfStopping(one, two, update) == std::vector<absl::Status>());
}

TEST_CASE("Connections reach their age and are made anew, and no call fails", "[rpc]") {
  Replica one({.max_connection_age = absl::Seconds(1)});
  Peer peer = PeerOf({&one});
  const auto stream = peer.Open(CountRequest());
  std::set<std::string> seen;
  CHECK(Eventually([&] {
    const absl::Status status = CallOnce(peer);
    REQUIRE(status == absl::OkStatus());
    seen.merge(ConnectionsTo(one.service.server().port()));
    return seen.size() >= 3;
  }));

  CountResponse message;
  CHECK_FALSE(stream->Read(message));
  CHECK(ReasonOf(stream->Finish()) == kOpenAgain);
  CHECK(peer.Open(CountRequest()) != nullptr);
}

}  // namespace portico::rpc

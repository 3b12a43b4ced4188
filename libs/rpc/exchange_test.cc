#include "libs/rpc/exchange.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/rpc/echo_service.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/peer.h"
#include "libs/rpc/stream.h"
#include "libs/testing/test_service.h"

namespace portico::rpc {
namespace {

using testing_protos::AddRequest;
using testing_protos::AddResponse;

struct Served {
  Served() {
    echo.Register(service.server());
    service.Start();
    client = std::make_unique<Peer>(service.Anonymous());
  }
  std::unique_ptr<ExchangeClient> Open() { return client->OpenExchange(*AddRequest::descriptor()); }
  EchoService echo;
  portico::testing::TestService service;
  std::unique_ptr<Peer> client;
};

AddRequest Of(const std::vector<int64_t>& numbers) {
  AddRequest request;
  for (const int64_t number : numbers) request.add_addends()->set_number(number);
  return request;
}

}  // namespace

TEST_CASE("An exchange answers message by message, and once more at the end", "[rpc]") {
  Served served;
  const auto stream = served.Open();
  AddResponse answer;
  REQUIRE(stream->Write(Of({1, 2})));
  REQUIRE(stream->Read(answer));
  CHECK(answer.sum() == 3);
  REQUIRE(stream->Write(Of({})));  // Is not answered.
  REQUIRE(stream->Write(Of({4})));
  REQUIRE(stream->Read(answer));
  CHECK(answer.sum() == 4);
  stream->WritesDone();
  REQUIRE(stream->Read(answer));
  CHECK(answer.sum() == 7);
  CHECK_FALSE(stream->Read(answer));
  CHECK(stream->Finish().ok());
}

TEST_CASE("An exchange takes what was sent at once in order", "[rpc]") {
  Served served;
  const auto stream = served.Open();
  for (int i = 1; i <= 100; ++i) REQUIRE(stream->Write(Of({i})));
  stream->WritesDone();
  AddResponse answer;
  for (int i = 1; i <= 100; ++i) {
    REQUIRE(stream->Read(answer));
    CHECK(answer.sum() == i);
  }
  REQUIRE(stream->Read(answer));
  CHECK(answer.sum() == 5050);
  CHECK(stream->Finish().ok());
}

TEST_CASE("A message of an exchange that breaks its rules ends it and says why", "[rpc]") {
  Served served;
  const auto stream = served.Open();
  REQUIRE(stream->Write(Of({1, 1, 1, 1})));
  AddResponse answer;
  CHECK_FALSE(stream->Read(answer));
  const absl::Status status = stream->Finish();
  CHECK(absl::IsInvalidArgument(status));
  CHECK(std::string(status.message()) == "addends: got 4 items, want at most 3");
}

TEST_CASE("What is checked apart is left to the exchange", "[rpc]") {
  Served served;
  const auto stream = served.Open();
  AddResponse answer;
  REQUIRE(stream->Write(Of({1})));
  REQUIRE(stream->Read(answer));
  REQUIRE(stream->Write(Of({1001})));
  CHECK_FALSE(stream->Read(answer));
  CHECK(std::string(stream->Finish().message()) == "number: got 1001, want at most 1000");
}

TEST_CASE("An exchange that throws is INTERNAL, without detail", "[rpc]") {
  Served served;
  const auto stream = served.Open();
  REQUIRE(stream->Write(Of({0})));
  AddResponse answer;
  CHECK_FALSE(stream->Read(answer));
  const absl::Status status = stream->Finish();
  CHECK(absl::IsInternal(status));
  CHECK(std::string(status.message()).find("zero") == std::string::npos);
}

TEST_CASE("Shutting down ends an exchange that waits for its client, to be opened again", "[rpc]") {
  Served served;
  const auto stream = served.Open();
  AddResponse answer;
  REQUIRE(stream->Write(Of({1})));
  REQUIRE(stream->Read(answer));
  served.service.server().Shutdown();
  CHECK_FALSE(stream->Read(answer));
  const absl::Status status = stream->Finish();
  CHECK(absl::IsUnavailable(status));
  CHECK(ReasonOf(status) == kOpenAgain);
}

TEST_CASE("A client that goes leaves nothing of its exchange", "[rpc]") {
  Served served;
  {
    const auto stream = served.Open();
    REQUIRE(stream->Write(Of({1})));
  }
  served.service.server().Shutdown();  // Would wait for it.
}

}  // namespace portico::rpc

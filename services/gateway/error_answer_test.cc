#include "services/gateway/error_answer.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "libs/rpc/errors.h"
#include "services/gateway/raw_client.h"

namespace portico::gateway {

using nlohmann::json;

TEST_CASE("Errors have the form of AIP-193", "[gateway]") {
  const HttpResponse response = ErrorAnswer(rpc::ErrorWithReason(
      absl::StatusCode::kNotFound, "NO_SUCH_BOOK", "there is no such book", {{"shelf", "s1"}}));
  CHECK(response.status == 404);
  CHECK(HeaderOf(response, "Content-Type") == "application/json");
  CHECK(json::parse(response.body) ==
        json::parse(R"({"error":{"code":404,"status":"NOT_FOUND","message":"there is no such book",
            "details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo",
                        "reason":"NO_SUCH_BOOK","domain":"portico","metadata":{"shelf":"s1"}}]}})"));
}

TEST_CASE("Each code has its HTTP status", "[gateway]") {
  const std::pair<absl::StatusCode, int> table[] = {
      {absl::StatusCode::kInvalidArgument, 400},   {absl::StatusCode::kFailedPrecondition, 400},
      {absl::StatusCode::kOutOfRange, 400},        {absl::StatusCode::kUnauthenticated, 401},
      {absl::StatusCode::kPermissionDenied, 403},  {absl::StatusCode::kNotFound, 404},
      {absl::StatusCode::kAlreadyExists, 409},     {absl::StatusCode::kAborted, 409},
      {absl::StatusCode::kResourceExhausted, 429}, {absl::StatusCode::kCancelled, 499},
      {absl::StatusCode::kInternal, 500},          {absl::StatusCode::kUnknown, 500},
      {absl::StatusCode::kDataLoss, 500},          {absl::StatusCode::kUnimplemented, 501},
      {absl::StatusCode::kUnavailable, 503},       {absl::StatusCode::kDeadlineExceeded, 504}};
  for (const auto& [code, status] : table) {
    const HttpResponse response = ErrorAnswer(absl::Status(code, "x"));
    CHECK(response.status == status);
    CHECK(json::parse(response.body)["error"]["status"] == absl::StatusCodeToString(code));
  }
}

TEST_CASE("Fields are named as in JSON", "[gateway]") {
  const HttpResponse response =
      ErrorAnswer(rpc::InvalidField("site.account_id", "want an id of an account"));
  const json details = json::parse(response.body)["error"]["details"];
  REQUIRE(details.size() == 2);
  CHECK(details[0]["fieldViolations"][0]["field"] == "site.accountId");
  CHECK(details[1]["reason"] == "INVALID_FIELD");
}

TEST_CASE("Errors tell what clients may do", "[gateway]") {
  CHECK(HeaderOf(ErrorAnswer(absl::UnauthenticatedError("x")), "WWW-Authenticate") == "Bearer");
  CHECK(HeaderOf(ErrorAnswer(absl::UnavailableError("x")), "Retry-After") == "1");
  CHECK(HeaderOf(ErrorAnswer(
                     rpc::RetryAfter(absl::ResourceExhaustedError("x"), absl::Milliseconds(2500))),
                 "Retry-After") == "3");
  CHECK(HeaderOf(ErrorAnswer(absl::NotFoundError("x")), "Retry-After").empty());
}

TEST_CASE("An error of HTTP alone keeps its status", "[gateway]") {
  const HttpResponse response = ErrorAnswer(415, absl::StatusCode::kInvalidArgument, "want JSON");
  CHECK(response.status == 415);
  const json error = json::parse(response.body)["error"];
  CHECK(error["code"] == 415);
  CHECK(error["status"] == "INVALID_ARGUMENT");
}

TEST_CASE("A message that is no UTF-8 and a detail of unknown type do no harm", "[gateway]") {
  absl::Status status = absl::NotFoundError("got \xff");
  status.SetPayload("type.googleapis.com/unknown.Detail", absl::Cord("x"));
  const json error = json::parse(ErrorAnswer(status).body)["error"];
  CHECK(error["message"] == "got \xEF\xBF\xBD");
  CHECK(error["details"].size() == 1);
}

}  // namespace portico::gateway

#include "libs/auth/password_hasher.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <limits>
#include <thread>
#include <vector>

#include "libs/base/clock.h"

namespace portico::auth {
namespace {

using absl::StatusCode;
using Catch::Matchers::StartsWith;

const absl::Time kAnyTime = absl::InfiniteFuture();
const PasswordHasherOptions kCheap = {.cost = PasswordCost::Cheapest()};

TEST_CASE("A password matches its hash and no other does", "[auth]") {
  PasswordHasher hasher(kCheap);
  const std::string hash = hasher.Hash(Secret("correct horse"), kAnyTime).value();
  CHECK_THAT(hash, StartsWith("$argon2id$"));
  CHECK(hash != hasher.Hash(Secret("correct horse"), kAnyTime).value());
  CHECK(hasher.Verify(Secret("correct horse"), hash, kAnyTime).value());
  CHECK_FALSE(hasher.Verify(Secret("correct horsf"), hash, kAnyTime).value());
  CHECK_FALSE(hasher.Verify(Secret(""), hash, kAnyTime).value());
  CHECK_FALSE(hasher.Verify(Secret(std::string("correct horse\0x", 15)), hash, kAnyTime).value());
}

TEST_CASE("A hash made at another cost still verifies", "[auth]") {
  PasswordCost dearer = PasswordCost::Cheapest();
  ++dearer.passes;
  const std::string hash =
      PasswordHasher({.cost = dearer}).Hash(Secret("correct horse"), kAnyTime).value();
  PasswordHasher hasher(kCheap);
  CHECK(hasher.Verify(Secret("correct horse"), hash, kAnyTime).value());
}

TEST_CASE("The usual cost is Argon2id with 64 MiB", "[auth]") {
  PasswordHasher hasher({.threads = 1});
  CHECK_THAT(hasher.Hash(Secret("correct horse"), kAnyTime).value(),
             StartsWith("$argon2id$v=19$m=65536,t=2,p=1$"));
}

TEST_CASE("A damaged hash is an error, not a wrong password", "[auth]") {
  PasswordHasher hasher(kCheap);
  const std::string hash = hasher.Hash(Secret("correct horse"), kAnyTime).value();
  for (const std::string& damaged : {std::string(), std::string("x"), hash.substr(0, 30)}) {
    CAPTURE(damaged);
    CHECK(hasher.Verify(Secret("correct horse"), damaged, kAnyTime).status().code() ==
          StatusCode::kInternal);
  }
}

TEST_CASE("A hash that cannot be afforded is an error", "[auth]") {
  PasswordCost boundless = PasswordCost::Cheapest();
  boundless.memory_bytes = std::numeric_limits<size_t>::max();
  PasswordHasher hasher({.cost = boundless});
  CHECK(hasher.Hash(Secret("correct horse"), kAnyTime).status().code() == StatusCode::kUnavailable);
  CHECK_FALSE(hasher.VerifyNothing(Secret("correct horse"), kAnyTime).ok());
}

TEST_CASE("Nothing verifies as a missing user", "[auth]") {
  PasswordHasher hasher(kCheap);
  CHECK_FALSE(hasher.VerifyNothing(Secret("correct horse"), kAnyTime).value());
  CHECK_FALSE(hasher.VerifyNothing(Secret(""), kAnyTime).value());
}

TEST_CASE("Calls beyond the queue are refused, and those within are all served", "[auth]") {
  PasswordHasher hasher({.cost = PasswordCost::Cheapest(), .threads = 1, .queue = 1});
  const std::string hash = hasher.Hash(Secret("correct horse"), kAnyTime).value();
  // Four callers who never rest, where only two can be served or wait.
  std::atomic<bool> refused = false;
  std::atomic<int> served = 0, wrong = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      while (!refused) {
        const absl::StatusOr<bool> result = hasher.Verify(Secret("correct horse"), hash, kAnyTime);
        if (result.ok() && *result) {
          ++served;
        } else if (result.status().code() == StatusCode::kResourceExhausted) {
          refused = true;
        } else {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(refused);
  CHECK(served > 0);
  CHECK(wrong == 0);
  CHECK(hasher.Verify(Secret("correct horse"), hash, kAnyTime).value());
}

TEST_CASE("What is being served counts as well as what waits", "[auth]") {
  // With no thread to serve and no place to wait.
  PasswordHasher hasher({.cost = PasswordCost::Cheapest(), .threads = 0, .queue = 0});
  CHECK(hasher.Hash(Secret("correct horse"), kAnyTime).status().code() ==
        StatusCode::kResourceExhausted);
}

TEST_CASE("By itself a hasher blocks few of a server's 64 workers", "[auth]") {
  const PasswordHasherOptions usual;
  CHECK(usual.queue + usual.threads <= 16);
}

TEST_CASE("Nothing is done for whom waits no longer", "[auth]") {
  PasswordCost boundless = PasswordCost::Cheapest();
  boundless.memory_bytes = std::numeric_limits<size_t>::max();
  PasswordHasher hasher({.cost = boundless, .threads = 1, .queue = 0});
  const absl::Time past = SteadyClock().Now() - absl::Seconds(1);
  const absl::Time later = SteadyClock().Now() + absl::Hours(1);
  // Had it been tried, the memory would have lacked. Each makes room for the next.
  for (int i = 0; i < 3; ++i) {
    CHECK(hasher.Hash(Secret("correct horse"), past).status().code() ==
          StatusCode::kDeadlineExceeded);
  }
  CHECK(hasher.Hash(Secret("correct horse"), later).status().code() == StatusCode::kUnavailable);
  CHECK(hasher.VerifyNothing(Secret("correct horse"), past).status().code() ==
        StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace portico::auth

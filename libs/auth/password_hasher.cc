#include "libs/auth/password_hasher.h"

#include <sodium.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "libs/auth/init_sodium.h"
#include "libs/auth/opaque_token.h"
#include "libs/base/clock.h"
#include "libs/base/status_macros.h"

namespace portico::auth {
namespace {

absl::Status NoMemory() { return absl::UnavailableError("no memory to hash a password"); }

absl::StatusOr<std::string> HashNow(const Secret& password, const PasswordCost& cost) {
  InitSodium();
  char hash[crypto_pwhash_STRBYTES];
  const std::string& text = password.Reveal();
  if (crypto_pwhash_str(hash, text.data(), text.size(), cost.passes, cost.memory_bytes) != 0) {
    return NoMemory();
  }
  return std::string(hash);
}

absl::StatusOr<bool> VerifyNow(const Secret& password, const std::string& hash) {
  InitSodium();
  const std::string& text = password.Reveal();
  // libsodium answers -1 for everything; errno tells a wrong password from the rest.
  errno = 0;
  if (crypto_pwhash_argon2id_str_verify(hash.c_str(), text.data(), text.size()) == 0) return true;
  if (errno == EINVAL) return false;
  if (errno == ENOMEM) return NoMemory();
  return absl::InternalError("a stored password hash is damaged");
}

}  // namespace

PasswordCost PasswordCost::Interactive() {
  return {crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE};
}

PasswordCost PasswordCost::Cheapest() {
  return {crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN};
}

PasswordHasher::PasswordHasher(PasswordHasherOptions options)
    : options_(std::move(options)),
      // Without memory at the start this stays empty and VerifyNothing fails, as the rest would.
      hash_of_nothing_(HashNow(NewOpaqueToken().token, options_.cost).value_or("")) {
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Serve(); });
}

PasswordHasher::~PasswordHasher() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

absl::StatusOr<std::string> PasswordHasher::Hash(const Secret& password, absl::Time deadline) {
  std::optional<absl::StatusOr<std::string>> result;
  RETURN_IF_ERROR(Run([&] { result = HashNow(password, options_.cost); }, deadline));
  return *std::move(result);
}

absl::StatusOr<bool> PasswordHasher::Verify(const Secret& password, const std::string& hash,
                                            absl::Time deadline) {
  std::optional<absl::StatusOr<bool>> result;
  RETURN_IF_ERROR(Run([&] { result = VerifyNow(password, hash); }, deadline));
  return *std::move(result);
}

absl::StatusOr<bool> PasswordHasher::VerifyNothing(const Secret& password, absl::Time deadline) {
  ASSIGN_OR_RETURN([[maybe_unused]] const bool matches,
                   Verify(password, hash_of_nothing_, deadline));
  return false;
}

absl::Status PasswordHasher::Run(absl::FunctionRef<void()> work, absl::Time deadline) {
  absl::Notification done;
  bool dropped = false;
  {
    absl::MutexLock lock(&mutex_);
    if (under_way_ >= options_.queue + options_.threads) {
      return absl::ResourceExhaustedError("too many passwords are being checked");
    }
    ++under_way_;
    waiting_.push_back({work, deadline, done, dropped});
  }
  done.WaitForNotification();
  if (dropped) return absl::DeadlineExceededError("the password was not checked in time");
  return absl::OkStatus();
}

void PasswordHasher::Serve() {
  const auto due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !waiting_.empty();
  };
  while (true) {
    std::optional<Job> job;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&due));
      if (waiting_.empty()) return;
      job.emplace(waiting_.front());
      waiting_.pop_front();
    }
    if (SteadyClock().Now() < job->deadline) {
      job->work();
    } else {
      job->dropped = true;
    }
    {
      absl::MutexLock lock(&mutex_);
      --under_way_;
    }
    job->done.Notify();
  }
}

}  // namespace portico::auth

#include "libs/storage/postgres_database.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "libs/base/random.h"
#include "libs/base/status_macros.h"
#include "libs/storage/connection_pool.h"
#include "libs/storage/deferred_writes.h"
#include "libs/storage/outage.h"
#include "libs/storage/postgres_connection.h"
#include "libs/storage/postgres_listener.h"

namespace portico::storage {
namespace {

using Steady = std::chrono::steady_clock;

// A server that did not answer is left alone for as long, so that callers learn it at once.
constexpr Steady::duration kRest = std::chrono::milliseconds(250);
constexpr absl::Duration kLongestStatement = absl::Seconds(30);
constexpr int kMostAttempts = 20;

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(std::vector<std::unique_ptr<Connection>> connections, PostgresSettings settings,
                   const DatabaseOptions& options)
      : settings_(std::move(settings)),
        wait_(absl::ToChronoMilliseconds(options.wait)),
        connections_(std::move(connections), options.wait),
        deferred_(static_cast<size_t>(options.writers), options.max_waiting_writes, options.wait,
                  [this](Erased work) { return RunWrite(work); }) {}

  WriteStats stats() const override {
    return {.commits = commits_,
            .works = commits_,
            .retries = retries_,
            .waiting = deferred_.waiting()};
  }
  Engine engine() const override { return Engine::kPostgres; }
  std::unique_ptr<Listener> Listen(const std::string& channel,
                                   std::function<void()> told) override {
    return std::make_unique<PostgresListener>(settings_.conninfo, channel, std::move(told));
  }

 private:
  absl::Status RunRead(Erased work) override {
    ASSIGN_OR_RETURN(const ConnectionPool::Lease lease, connections_.Take());
    absl::Status status = Begin(*lease, "begin isolation level repeatable read read only");
    if (status.ok()) {
      status = Session(*lease).Run(work);
      Rollback(*lease);
    }
    read_outage_.Note(status);
    return status;
  }

  absl::Status RunReadOne(Erased work) override {
    ASSIGN_OR_RETURN(const ConnectionPool::Lease lease, connections_.Take());
    absl::Status status = absl::UnavailableError("the connection was lost");
    if (IsAtRest(*lease)) status = Session(*lease, Session::OneSelect()).Run(work);
    // Lost since its last use, without anybody noticing.
    if (!IsAtRest(*lease)) {
      status = ConnectAgain(*lease);
      if (status.ok()) status = Session(*lease, Session::OneSelect()).Run(work);
    }
    (*lease).ForgetFailed();
    read_outage_.Note(status);
    return status;
  }

  absl::Status RunWrite(Erased work) override {
    return WriteUntilDone("begin isolation level serializable", work);
  }
  absl::Status RunWriteUnderLocks(Erased work) override {
    return WriteUntilDone("begin isolation level read committed", work);
  }

  absl::Status WriteUntilDone(std::string_view how, Erased work) {
    ASSIGN_OR_RETURN(const ConnectionPool::Lease lease, connections_.Take());
    const Steady::time_point end = Steady::now() + wait_;
    absl::Status status;
    for (int attempt = 1;; ++attempt) {
      status = WriteOnce(*lease, how, work);
      if (!IsCollision(status) || attempt == kMostAttempts || Steady::now() >= end) break;
      ++retries_;
      // Those that met do not meet again at once.
      std::this_thread::sleep_for(
          std::chrono::duration<double, std::milli>(RandomFraction() * std::min(1 << attempt, 64)));
    }
    write_outage_.Note(status);
    return status;
  }

  void Submit(std::function<absl::Status(Session&)> work,
              std::function<void(absl::Status)> done) override {
    deferred_.Submit(std::move(work), std::move(done));
  }

  absl::Status WriteOnce(Connection& connection, std::string_view how, Erased work) {
    RETURN_IF_ERROR(Begin(connection, how));
    Session session(connection);
    if (absl::Status status = session.Run(work); !status.ok()) {
      Rollback(connection);
      return status;
    }
    if (absl::Status status = connection.Execute("commit").status(); !status.ok()) {
      Rollback(connection);
      return status;
    }
    ++commits_;
    for (const auto& hook : session.TakeHooks()) hook();
    return absl::OkStatus();
  }

  // The connection may have been lost since its last use, without anybody noticing.
  absl::Status Begin(Connection& connection, std::string_view how) {
    if (IsAtRest(connection)) {
      absl::Status status = connection.Execute(how).status();
      if (status.ok() || IsAtRest(connection)) return status;
    }
    RETURN_IF_ERROR(ConnectAgain(connection));
    return connection.Execute(how).status();
  }

  // One after the other, and those that wait learn from the first that there is no server.
  absl::Status ConnectAgain(Connection& connection) {
    absl::MutexLock lock(&reconnect_mutex_);
    if (Steady::now() < resting_until_) return refusal_;
    absl::Status status = Reconnect(connection, settings_);
    if (!status.ok()) {
      refusal_ = status;
      resting_until_ = Steady::now() + kRest;
    }
    return status;
  }

  static void Rollback(Connection& connection) {
    if (!IsAtRest(connection)) (void)connection.Execute("rollback");
    connection.ForgetFailed();
  }

  const PostgresSettings settings_;
  const Steady::duration wait_;
  ConnectionPool connections_;
  Outage read_outage_{"reads"};
  Outage write_outage_{"writes"};
  std::atomic<uint64_t> commits_ = 0;
  std::atomic<uint64_t> retries_ = 0;
  absl::Mutex reconnect_mutex_;
  absl::Status refusal_ ABSL_GUARDED_BY(reconnect_mutex_);
  Steady::time_point resting_until_ ABSL_GUARDED_BY(reconnect_mutex_);
  DeferredWrites deferred_;  // Last: it writes through all of the above.
};

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(const std::string& url,
                                                       const DatabaseOptions& options) {
  PostgresSettings settings{.lock_wait = options.wait, .statement = kLongestStatement};
  ASSIGN_OR_RETURN(settings.conninfo, PostgresConninfo(url));
  std::vector<std::unique_ptr<Connection>> connections;
  for (int i = 0; i < options.readers + options.writers; ++i) {
    ASSIGN_OR_RETURN(auto connection, ConnectPostgres(settings));
    connections.push_back(std::move(connection));
  }
  return std::make_unique<PostgresDatabase>(std::move(connections), std::move(settings), options);
}

}  // namespace portico::storage

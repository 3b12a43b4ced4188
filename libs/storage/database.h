#pragma once

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "libs/settings/groups.h"
#include "libs/storage/migration.h"
#include "libs/storage/session.h"

namespace portico::storage {

struct DatabaseOptions {
  std::string url;  // sqlite:PATH or postgresql://…
  int readers = 4;  // Reads that run at the same time.
  // On PostgreSQL, where reads and writes share readers + writers connections, the writes that
  // nobody waits for and that run at the same time. SQLite has one writer.
  int writers = 8;
  // One more is RESOURCE_EXHAUSTED. One whose wait was over counts until the writer gets to it.
  size_t max_waiting_writes = 4096;
  absl::Duration wait = absl::Seconds(10);  // The longest wait for one's turn, or for a lock.
};

DatabaseOptions OptionsFrom(const settings::DatabaseSettings& settings);

enum class Engine { kSqlite, kPostgres };

// Counted since the start. works / commits is the mean size of a group commit.
struct WriteStats {
  uint64_t commits = 0;  // Durable commits.
  uint64_t works = 0;    // Works that they held.
  uint64_t retries = 0;  // Works that ran again by themselves because their batch was lost.
  size_t waiting = 0;    // Works that wait now.
};

// Listens until it is destroyed.
class Listener {
 public:
  virtual ~Listener() = default;
};

// The database of one service. Thread-safe. Nobody may start a call once its
// destruction has begun; writes that still wait then are answered UNAVAILABLE.
class Database {
 public:
  virtual ~Database() = default;

  // Both run `work`, a callable from Session& to absl::Status or absl::StatusOr<T>,
  // and answer what it answers, or one of Session's errors, or:
  //   RESOURCE_EXHAUSTED: too many calls wait already.
  //   UNAVAILABLE: its turn did not come in time, or the database is out of order.
  // With any error nothing of the work is kept. A work of Write calls neither of
  // them, and one of Read does not Read, since it would wait for a second session.

  // Runs `work` on one consistent snapshot, in which it can change nothing.
  template <class Work>
  auto Read(Work&& work) {
    return Run([this](Erased erased) { return RunRead(erased); }, work);
  }

  // The same for a work of one statement, which is a snapshot by itself: it spares the turns that
  // a transaction costs.
  // INTERNAL: the work runs another statement, or one that is no select.
  template <class Work>
  auto ReadOne(Work&& work) {
    return Run([this](Erased erased) { return RunReadOne(erased); }, work);
  }

  // Runs `work` in a transaction that is durable once this answers OK, and that works as if
  // there were no other. `work` may run on another thread, and several times, so it has no
  // effects outside the transaction but its result. On SQLite all writes of a process stand
  // in one line behind it, so it takes milliseconds at most and waits for nothing.
  // UNAVAILABLE can mean that it was kept: the server was lost while it committed.
  template <class Work>
  auto Write(Work&& work) {
    return Run([this](Erased erased) { return RunWrite(erased); }, work);
  }

  // As Write, but on PostgreSQL each statement of `work` sees what others have committed by
  // then: for works that keep them away by locks of their own.
  template <class Work>
  auto WriteUnderLocks(Work&& work) {
    return Run([this](Erased erased) { return RunWriteUnderLocks(erased); }, work);
  }

  // As Write, but for a caller that does not wait: `done` gets what Write would
  // answer, when that is durable. `work` owns what it needs. `done` is called by the
  // thread that serves all writers, so it only hands over.
  template <class Work, class Done>
  void WriteThen(Work work, Done done) {
    using Result = std::invoke_result_t<Work&, Session&>;
    struct Call {
      Work work;
      Done done;
      Result result = absl::UnknownError("the work did not run");
    };
    const auto call = std::make_shared<Call>(Call{std::move(work), std::move(done)});
    Submit(
        [call](Session& session) {
          call->result = call->work(session);
          return StatusOf(call->result);
        },
        [call](absl::Status status) {
          if (!status.ok()) call->result = std::move(status);
          call->done(std::move(call->result));
        });
  }

  // Calls `told`, on a thread of its own, whenever any process on this database has committed
  // pg_notify(channel, …), and once it listens (again), as it may have missed one. Null on
  // SQLite, where no other process writes.
  virtual std::unique_ptr<Listener> Listen(const std::string& channel,
                                           std::function<void()> told) = 0;

  // OK when the database answers.
  absl::Status Ping();

  virtual WriteStats stats() const = 0;

  // For the few statements that differ.
  virtual Engine engine() const = 0;

 protected:
  using Erased = absl::FunctionRef<absl::Status(Session&)>;
  virtual absl::Status RunRead(Erased work) = 0;
  virtual absl::Status RunReadOne(Erased work) = 0;
  virtual absl::Status RunWrite(Erased work) = 0;
  virtual absl::Status RunWriteUnderLocks(Erased work) = 0;
  virtual void Submit(std::function<absl::Status(Session&)> work,
                      std::function<void(absl::Status)> done) = 0;

 private:
  static absl::Status StatusOf(const absl::Status& result) { return result; }
  template <class T>
  static absl::Status StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }

  template <class Runner, class Work>
  static std::invoke_result_t<Work&, Session&> Run(Runner run, Work& work) {
    using Result = std::invoke_result_t<Work&, Session&>;
    if constexpr (std::is_same_v<Result, absl::Status>) {
      return run(work);
    } else {
      Result result = absl::UnknownError("the work did not run");
      absl::Status status = run([&](Session& session) {
        result = work(session);
        return result.status();
      });
      if (!status.ok()) return status;
      return result;
    }
  }
};

// Opens the database, which is made when it does not exist, and applies the
// components' migrations that it lacks. Those that it has beyond them, from a
// newer release, are logged and left alone.
// INVALID_ARGUMENT: the URL is none. UNAVAILABLE: the file cannot be opened, or the server
// not reached.
absl::StatusOr<std::unique_ptr<Database>> Open(
    const DatabaseOptions& options, const std::vector<std::span<const Migration>>& components);

}  // namespace portico::storage

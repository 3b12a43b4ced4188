#include "libs/storage/postgres_listener.h"

#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>
#include <utility>

namespace portico::storage {
namespace {

constexpr int kRestMilliseconds = 500;
// A connection that is dead without a word is found out by asking.
constexpr int kAskMilliseconds = 30'000;

using Handle = std::unique_ptr<PGconn, decltype(&PQfinish)>;

bool Run(PGconn* connection, const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection, sql.c_str()),
                                                             &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  return status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
}

// How many notices have come.
int TakeNotices(PGconn* connection) {
  int count = 0;
  while (PGnotify* const notice = PQnotifies(connection)) {
    PQfreemem(notice);
    ++count;
  }
  return count;
}

}  // namespace

PostgresListener::PostgresListener(std::string conninfo, std::string channel,
                                   std::function<void()> told)
    : conninfo_(std::move(conninfo)),
      channel_(std::move(channel)),
      told_(std::move(told)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { Run(); }) {}

PostgresListener::~PostgresListener() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
}

void PostgresListener::Run() {
  pthread_setname_np(pthread_self(), "db-listener");
  while (Follow() && Rest(-1, kRestMilliseconds)) {
  }
}

bool PostgresListener::Follow() {
  const Handle connection(PQconnectdb(conninfo_.c_str()), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) return true;
  if (!storage::Run(connection.get(), "listen " + channel_)) return true;
  told_();
  while (PQstatus(connection.get()) == CONNECTION_OK) {
    if (!Rest(PQsocket(connection.get()), kAskMilliseconds)) return false;
    if (PQconsumeInput(connection.get()) == 0) return true;
    int notices = TakeNotices(connection.get());
    if (notices == 0) {
      if (!storage::Run(connection.get(), ";")) return true;
      notices = TakeNotices(connection.get());  // They may have come with the answer.
    }
    if (notices > 0) told_();
  }
  return true;
}

bool PostgresListener::Rest(int socket, int milliseconds) {
  pollfd waited[] = {{.fd = stop_, .events = POLLIN, .revents = 0},
                     {.fd = socket, .events = POLLIN, .revents = 0}};
  poll(waited, 2, milliseconds);
  return waited[0].revents == 0;
}

}  // namespace portico::storage

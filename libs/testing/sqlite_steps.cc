#include "libs/testing/sqlite_steps.h"

#include <sqlite3.h>

#include <atomic>

namespace portico::testing {
namespace {

std::atomic<uint64_t> steps = 0;

int OnEnd(unsigned, void*, void* statement, void*) {
  steps += static_cast<uint64_t>(sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement),
                                                     SQLITE_STMTSTATUS_VM_STEP, /*resetFlg=*/1));
  return 0;
}

int OnOpen(sqlite3* connection, const char**, const sqlite3_api_routines*) {
  return sqlite3_trace_v2(connection, SQLITE_TRACE_PROFILE, OnEnd, nullptr);
}

}  // namespace

void CountSqliteSteps() {
  sqlite3_auto_extension(reinterpret_cast<void (*)()>(OnOpen));  // Once, however often.
}

uint64_t SqliteSteps(const std::function<void()>& run) {
  const uint64_t before = steps;
  run();
  return steps - before;
}

}  // namespace portico::testing

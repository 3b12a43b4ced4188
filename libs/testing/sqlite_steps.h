#pragma once

#include <cstdint>
#include <functional>

namespace portico::testing {

// How many steps SQLite's virtual machine takes for the statements that end while `run` runs,
// on whatever connection: a measure of what they read that does not depend on time. Only
// connections that were opened after CountSqliteSteps was first called are counted, so a test
// calls it before it opens its database.
void CountSqliteSteps();
uint64_t SqliteSteps(const std::function<void()>& run);

}  // namespace portico::testing

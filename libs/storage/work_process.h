#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <string_view>

#include "libs/storage/session.h"

namespace portico::storage {

// Writes down, on PostgreSQL, that a process does some work, for `length` from now by the
// database's clock.
absl::Status EnrollProcess(Session& session, std::string_view work, std::string_view process,
                           absl::Duration length);

}  // namespace portico::storage

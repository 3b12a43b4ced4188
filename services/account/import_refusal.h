#pragma once

#include <absl/status/status.h>

#include <cstdint>

#include "portico/account/v1/import.pb.h"

namespace portico::account {

// What an answer says of the row of `line`, which is refused with `status`: the first field that
// is wrong, and all that is.
v1::ImportRefusal RefusalOf(int64_t line, const absl::Status& status);

}  // namespace portico::account

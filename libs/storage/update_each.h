#pragma once

#include <absl/status/status.h>

#include "libs/storage/row_set.h"
#include "libs/storage/session.h"

namespace portico::storage {

// Updates with a row of values for each of many rows: by a statement for each where the database
// is near, and by one for all where it is not. `update` names the values $0, $1, …, first in this
// order, and has $from before its "where":
//   "update site set name = $0, size = $1 $from where id = $2"
// No two may be of one row. Answers Session's errors.
absl::Status UpdateEach(Session& session, const RowSet& rows, const char* update);

}  // namespace portico::storage

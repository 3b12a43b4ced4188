#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "libs/storage/database.h"
#include "libs/storage/message_table.h"
#include "portico/contact/v1/contact.pb.h"

namespace portico::contact {

// The columns by which contacts are sorted and found, for the table that keeps them: whatever
// writes a contact through that writes them along.
storage::DerivedColumns IndexedColumns();

// Does what writes of contacts leave for later, in small works, since other writes wait behind
// them: the columns of contacts that were written without them; on SQLite, which pays for each
// change of its index of words by itself, the words of new contacts; and the last traces there of
// erased ones. Nothing of it changes what a search finds. Thread-safe.
class ContactIndex {
 public:
  // `least` new contacts wait before they are taken into the index together.
  ContactIndex(storage::Database& database, const storage::Table<v1::Contact>& table,
               int64_t least = 250)
      : database_(database), table_(table), least_(least) {}

  // Does a part, and answers how long to rest until there may be more: the step of a
  // BackgroundLoop.
  absl::Duration Step();

 private:
  // Each answers whether there may be more to do.
  absl::StatusOr<bool> WriteColumns();
  absl::StatusOr<bool> IndexWords();
  absl::StatusOr<bool> DropErased();

  storage::Database& database_;
  const storage::Table<v1::Contact>& table_;
  const int64_t least_;
};

}  // namespace portico::contact

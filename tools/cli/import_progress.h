#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <ostream>
#include <string>

#include "libs/base/clock.h"

namespace portico::cli {

// What became of the rows so far.
struct ImportTally {
  int64_t line = 0;  // All up to this one are kept, or refused.
  int64_t created = 0, updated = 0, unchanged = 0, refused = 0;
  int64_t rows() const { return created + updated + unchanged + refused; }
};

// "12 rows: 10 created, 1 updated, 1 unchanged, 0 refused"
std::string Describe(const ImportTally& tally);

// Shows how an import goes on: on a terminal in one line that is written over, else in a line every
// few seconds. Not thread-safe.
class ImportProgress {
 public:
  ImportProgress(std::ostream& out, bool is_terminal, const Clock& clock);

  // Shows it where the last time was long enough ago.
  void Show(const ImportTally& tally);
  // Shows a line of its own.
  void Tell(const std::string& text);
  // Clears the terminal's line.
  void End();

  absl::Duration elapsed() const { return clock_.Now() - began_; }

 private:
  void Clear();

  std::ostream& out_;
  const bool is_terminal_;
  const Clock& clock_;
  const absl::Time began_;
  absl::Time shown_;
};

}  // namespace portico::cli

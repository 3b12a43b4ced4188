#include "tools/cli/import_progress.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

namespace portico::cli {
namespace {

constexpr absl::Duration kOnTerminal = absl::Milliseconds(100), kElsewhere = absl::Seconds(5);
constexpr char kClearLine[] = "\r\x1b[K";

}  // namespace

std::string Describe(const ImportTally& tally) {
  return absl::StrCat(tally.rows(), tally.rows() == 1 ? " row: " : " rows: ", tally.created,
                      " created, ", tally.updated, " updated, ", tally.unchanged, " unchanged, ",
                      tally.refused, " refused");
}

ImportProgress::ImportProgress(std::ostream& out, bool is_terminal, const Clock& clock)
    : out_(out),
      is_terminal_(is_terminal),
      clock_(clock),
      began_(clock.Now()),
      shown_(is_terminal ? absl::InfinitePast() : began_) {}

void ImportProgress::Show(const ImportTally& tally) {
  const absl::Time now = clock_.Now();
  if (now - shown_ < (is_terminal_ ? kOnTerminal : kElsewhere)) return;
  shown_ = now;
  const double seconds = std::max(absl::ToDoubleSeconds(now - began_), 0.001);
  Clear();
  out_ << Describe(tally) << "; " << static_cast<int64_t>(tally.rows() / seconds) << " rows/s";
  if (!is_terminal_) out_ << '\n';
  out_.flush();
}

void ImportProgress::Tell(const std::string& text) {
  Clear();
  out_ << text << '\n';
  out_.flush();
}

void ImportProgress::End() {
  Clear();
  out_.flush();
}

void ImportProgress::Clear() {
  if (is_terminal_) out_ << kClearLine;
}

}  // namespace portico::cli

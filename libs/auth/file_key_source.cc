#include "libs/auth/file_key_source.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/settings/read_file.h"

namespace portico::auth {
namespace {

constexpr absl::Duration kLookInterval = absl::Seconds(1);

}  // namespace

FileKeySource::FileKeySource(std::string path, const Clock& clock)
    : path_(std::move(path)), clock_(clock) {
  Keys();  // So that a missing file is told at the start, not at the first call.
}

std::shared_ptr<const KeySet> FileKeySource::Keys() {
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  if (now < looked_at_ || now >= looked_at_ + kLookInterval) {
    looked_at_ = now;
    Look();
  }
  return keys_;
}

void FileKeySource::Look() {
  const absl::Status status = Load();
  const std::string problem(status.message());
  if (problem == problem_) return;
  problem_ = problem;
  if (status.ok()) {
    log::Info("keys can be read again", {{"file", path_}});
  } else {
    log::Error("cannot read keys",
               {{"file", path_}, {"error", problem}, {"kept", keys_ != nullptr}});
  }
}

absl::Status FileKeySource::Load() {
  struct stat found {};
  if (stat(path_.c_str(), &found) != 0) {
    stamp_ = Stamp();
    return absl::ErrnoToStatus(errno, "cannot look at it");
  }
  const Stamp stamp{found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec, found.st_size,
                    found.st_ino};
  if (stamp == stamp_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string text, settings::ReadFile(path_));
  ASSIGN_OR_RETURN(KeySet keys, ParseJwks(text));
  // Set last, so that a file that was read half-written is read once more.
  stamp_ = stamp;
  keys_ = std::make_shared<const KeySet>(std::move(keys));
  return absl::OkStatus();
}

}  // namespace portico::auth

#include "libs/settings/read_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace portico::settings {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return absl::ErrnoToStatus(errno, '"' + path + '"');
  std::string text;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = read(file, buffer, sizeof(buffer))) > 0) text.append(buffer, got);
  const int error = errno;
  close(file);
  if (got < 0) return absl::ErrnoToStatus(error, '"' + path + '"');
  return text;
}

}  // namespace portico::settings

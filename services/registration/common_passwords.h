#pragma once

#include <absl/container/flat_hash_set.h>

#include <string>
#include <string_view>

namespace portico::registration {

// The passwords that everybody guesses first. Immutable, so thread-safe.
class CommonPasswords {
 public:
  // About a hundred that are built in, and those in the file: one a line, plain
  // or gzip. A file that cannot be read is logged and done without.
  explicit CommonPasswords(const std::string& path);

  // In whatever case.
  bool Contains(std::string_view password) const;

  size_t size() const { return passwords_.size(); }

 private:
  absl::flat_hash_set<std::string> passwords_;
};

}  // namespace portico::registration

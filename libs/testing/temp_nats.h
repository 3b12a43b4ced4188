#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace portico::testing {

// A NATS server with JetStream on a free port of the loopback, which ends with this object.
// Throws std::runtime_error when it cannot be started.
class TempNats {
 public:
  // `settings` are more lines of its configuration.
  explicit TempNats(std::string settings = "");
  ~TempNats();
  TempNats(const TempNats&) = delete;
  TempNats& operator=(const TempNats&) = delete;

  // nats://127.0.0.1:port
  std::string url() const;
  std::string address() const;

  // Kills it, and starts it again on the same port, with what it has stored.
  void Kill();
  void Start();

 private:
  std::filesystem::path folder_;
  int port_ = 0;
  pid_t process_ = 0;
};

}  // namespace portico::testing

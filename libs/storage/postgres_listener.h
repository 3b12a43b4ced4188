#pragma once

#include <functional>
#include <string>
#include <thread>

#include "libs/storage/database.h"

namespace portico::storage {

// See Database::Listen. It has a connection and a thread of its own, and connects again by
// itself.
class PostgresListener final : public Listener {
 public:
  PostgresListener(std::string conninfo, std::string channel, std::function<void()> told);
  ~PostgresListener() override;
  PostgresListener(const PostgresListener&) = delete;
  PostgresListener& operator=(const PostgresListener&) = delete;

 private:
  void Run();
  bool Follow();                // One connection until it breaks; false when it is to stop.
  bool Rest(int socket, int milliseconds);  // Likewise; until there is something to read.

  const std::string conninfo_;
  const std::string channel_;
  const std::function<void()> told_;
  const int stop_;  // An eventfd.
  std::thread thread_;
};

}  // namespace portico::storage

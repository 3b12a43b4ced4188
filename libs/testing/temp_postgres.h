#pragma once

#include <string>

namespace portico::testing {

// Whether PORTICO_TEST_POSTGRES names a server: a postgresql:// URL with {database} in it.
bool HasPostgres();

// An empty database on that server, which is dropped with this object, along with whatever
// is still connected to it. Throws std::runtime_error when it cannot be made.
class TempPostgres {
 public:
  TempPostgres();
  ~TempPostgres();
  TempPostgres(const TempPostgres&) = delete;
  TempPostgres& operator=(const TempPostgres&) = delete;

  std::string url() const;

  // Ends every connection to it, as the end of the server does.
  void Disconnect();

 private:
  const std::string name_;
};

// Runs one statement of the server's own on a connection that is made for it.
void RunOnPostgres(const std::string& sql);

}  // namespace portico::testing

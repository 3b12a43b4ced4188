#pragma once

#include <openssl/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace portico::testing {

using TlsContext = std::unique_ptr<SSL_CTX, std::function<void(SSL_CTX*)>>;

// A server's TLS context with these PEM files; null when they are empty.
TlsContext MakeTlsContext(const std::string& certificate_file, const std::string& key_file);

// The lines of one connection, in the clear until Encrypt. Does not own the socket.
class SmtpWire {
 public:
  explicit SmtpWire(int socket) : socket_(socket) {}

  std::optional<std::string> ReadLine();  // Without its CRLF; none when the connection is over.
  void WriteLine(std::string_view line);
  bool Encrypt(SSL_CTX* context);
  bool encrypted() const { return ssl_ != nullptr; }

 private:
  const int socket_;
  std::unique_ptr<SSL, std::function<void(SSL*)>> ssl_;
  std::string buffer_;
};

}  // namespace portico::testing

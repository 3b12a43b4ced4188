#include "libs/testing/smtp_wire.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace portico::testing {

TlsContext MakeTlsContext(const std::string& certificate_file, const std::string& key_file) {
  if (certificate_file.empty()) return nullptr;
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL.
  TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("cannot use " + certificate_file + " and " + key_file);
  }
  return context;
}

std::optional<std::string> SmtpWire::ReadLine() {
  size_t end;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    std::array<char, 4096> bytes;
    const ssize_t count = ssl_ ? SSL_read(ssl_.get(), bytes.data(), bytes.size())
                               : recv(socket_, bytes.data(), bytes.size(), 0);
    if (count <= 0) return std::nullopt;
    buffer_.append(bytes.data(), static_cast<size_t>(count));
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

void SmtpWire::WriteLine(std::string_view line) {
  const std::string bytes = std::string(line) + "\r\n";
  if (ssl_) {
    SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  } else {
    send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
}

bool SmtpWire::Encrypt(SSL_CTX* context) {
  ssl_ = {SSL_new(context), SSL_free};
  return SSL_set_fd(ssl_.get(), socket_) == 1 && SSL_accept(ssl_.get()) == 1;
}

}  // namespace portico::testing

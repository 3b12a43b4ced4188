#include "libs/auth/loopback_http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace portico::auth {

LoopbackHttp::LoopbackHttp() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("cannot listen on a loopback port");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

LoopbackHttp::~LoopbackHttp() {
  shutdown(listener_, SHUT_RDWR);  // Ends accept().
  thread_.join();
  close(listener_);
}

void LoopbackHttp::Answer(std::string head, std::string body) {
  absl::MutexLock lock(&mutex_);
  head_ = std::move(head);
  body_ = std::move(body);
}

int LoopbackHttp::requests() const {
  absl::MutexLock lock(&mutex_);
  return requests_;
}

void LoopbackHttp::Serve() {
  while (true) {
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    std::string request;
    char buffer[1024];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = read(client, buffer, sizeof(buffer));
      if (got <= 0) break;
      request.append(buffer, got);
    }
    std::string answer;
    {
      absl::MutexLock lock(&mutex_);
      ++requests_;
      answer = "HTTP/1.1 " + head_ + "\r\nContent-Length: " + std::to_string(body_.size()) +
               "\r\nConnection: close\r\n\r\n" + body_;
    }
    size_t sent = 0;
    while (sent < answer.size()) {
      const ssize_t wrote = send(client, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
      if (wrote <= 0) break;
      sent += wrote;
    }
    close(client);
  }
}

}  // namespace portico::auth

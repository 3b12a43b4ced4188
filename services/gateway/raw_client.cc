#include "services/gateway/raw_client.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <vector>

namespace portico::gateway {
namespace {

constexpr timeval kPatience = {.tv_sec = 20, .tv_usec = 0};

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

RawClient::RawClient(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(socket_);
    throw std::runtime_error("cannot connect");
  }
}

RawClient::~RawClient() { close(socket_); }

void RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return;  // The server may close early; what it said can still be read.
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void RawClient::FinishSending() { shutdown(socket_, SHUT_WR); }

bool RawClient::Receive() {
  char buffer[16384];
  const ssize_t size = recv(socket_, buffer, sizeof buffer, 0);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    throw std::runtime_error("the server does not answer");
  }
  if (size <= 0) return false;
  received_.append(buffer, static_cast<size_t>(size));
  return true;
}

std::string RawClient::Take(size_t size) {
  while (received_.size() < size) {
    if (!Receive()) throw std::runtime_error("the connection ended within a response");
  }
  const std::string taken = received_.substr(0, size);
  received_.erase(0, size);
  return taken;
}

std::string RawClient::ReadUntil(std::string_view end) {
  while (received_.find(end) == std::string::npos) {
    if (!Receive()) throw std::runtime_error(absl::StrCat("the connection ended at: ", received_));
  }
  return Take(received_.find(end) + end.size());
}

std::string RawClient::ReadRest() {
  while (Receive()) {
  }
  return Take(received_.size());
}

HttpResponse RawClient::ReadHead() {
  HttpResponse response;
  const std::string head = ReadUntil("\r\n\r\n");
  const std::vector<std::string> lines = absl::StrSplit(head, "\r\n", absl::SkipEmpty());
  if (!absl::SimpleAtoi(lines[0].substr(9, 3), &response.status)) {
    throw std::runtime_error(absl::StrCat("no status line: ", lines[0]));
  }
  for (size_t i = 1; i < lines.size(); ++i) {
    const size_t colon = lines[i].find(": ");
    response.headers.emplace_back(lines[i].substr(0, colon), lines[i].substr(colon + 2));
  }
  return response;
}

HttpResponse RawClient::Read(bool to_head) {
  HttpResponse response = ReadHead();
  size_t length = 0;
  if (to_head) return response;
  if (absl::SimpleAtoi(HeaderOf(response, "Content-Length"), &length)) {
    response.body = Take(length);
  } else if (HeaderOf(response, "Transfer-Encoding") == "chunked") {
    do {
      length = std::stoul(ReadUntil("\r\n"), nullptr, 16);
      response.body += Take(length);
      ReadUntil("\r\n");
    } while (length > 0);
  } else if (HeaderOf(response, "Connection") == "close" && response.status == 200) {
    response.body = ReadRest();
  }
  return response;
}

HttpResponse RawClient::Call(std::string_view method, std::string_view target,
                             std::string_view body, std::string_view headers) {
  std::string request =
      absl::StrCat(Absl(method), " ", Absl(target), " HTTP/1.1\r\nHost: test\r\n", Absl(headers));
  if (!body.empty()) {
    absl::StrAppend(&request, "Content-Type: application/json\r\nContent-Length: ", body.size(),
                    "\r\n");
  }
  Send(absl::StrCat(request, "\r\n", Absl(body)));
  return Read(method == "HEAD");
}

std::string HeaderOf(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (absl::EqualsIgnoreCase(key, Absl(name))) return value;
  }
  return "";
}

}  // namespace portico::gateway

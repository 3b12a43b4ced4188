#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <utility>
#include <variant>

namespace portico::gateway {

// A connected socket, with TLS or without. Used on its executor's thread only.
class HttpSocket {
 public:
  using Tcp = boost::asio::ip::tcp::socket;

  // `tls` is null for plain HTTP.
  HttpSocket(Tcp socket, boost::asio::ssl::context* tls) : stream_(std::move(socket)) {
    if (tls != nullptr) {
      Tcp tcp = std::move(std::get<Tcp>(stream_));
      stream_.emplace<Tls>(std::move(tcp), *tls);
    }
  }

  bool is_tls() const { return std::holds_alternative<Tls>(stream_); }
  Tcp& tcp() { return is_tls() ? std::get<Tls>(stream_).next_layer() : std::get<Tcp>(stream_); }

  // Only with TLS.
  template <class Done>
  void Handshake(Done done) {
    std::get<Tls>(stream_).async_handshake(boost::asio::ssl::stream_base::server, std::move(done));
  }

  template <class Done>
  void ReadSome(boost::asio::mutable_buffer buffer, Done done) {
    std::visit([&](auto& stream) { stream.async_read_some(buffer, std::move(done)); }, stream_);
  }

  template <class Done>
  void Write(const std::string& bytes, Done done) {
    std::visit(
        [&](auto& stream) {
          boost::asio::async_write(stream, boost::asio::buffer(bytes), std::move(done));
        },
        stream_);
  }

  // Tells the client that nothing more comes; `done` once that is said.
  template <class Done>
  void FinishWriting(Done done) {
    if (is_tls()) {
      std::get<Tls>(stream_).async_shutdown(
          [done = std::move(done)](const boost::system::error_code&) { done(); });
      return;
    }
    boost::system::error_code ignored;
    tcp().shutdown(Tcp::shutdown_send, ignored);
    done();
  }

  void Close() {
    boost::system::error_code ignored;
    tcp().close(ignored);
  }

 private:
  using Tls = boost::asio::ssl::stream<Tcp>;

  std::variant<Tcp, Tls> stream_;
};

}  // namespace portico::gateway

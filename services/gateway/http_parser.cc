#include "services/gateway/http_parser.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

namespace portico::gateway {
namespace {

namespace http = boost::beast::http;

std::string Text(boost::beast::string_view text) { return {text.data(), text.size()}; }

// Names, addresses, ports and IPv6 brackets: what RFC 3986 allows in an authority
// without user information.
bool IsAuthority(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("-._~%:[]").find(c) != std::string_view::npos;
  });
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

// What stands before the path of an absolute-form target, as sent to proxies; "" without.
std::string_view TakeAuthority(std::string_view& target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!absl::StartsWithIgnoreCase({target.data(), target.size()}, scheme.data())) continue;
    const size_t path = std::min(target.find_first_of("/?", scheme.size()), target.size());
    const std::string_view authority = target.substr(scheme.size(), path - scheme.size());
    target.remove_prefix(path);
    return authority;
  }
  return "";
}

}  // namespace

struct HttpParser::Impl {
  http::request_parser<http::string_body> beast;
  HttpRequest request;
  std::optional<Refusal> refusal;
  bool expects_continue = false;
  bool at_line_start = false;

  // Others in the chain read a folded line (RFC 9112, section 5.2) in other ways.
  void RefuseFolding(std::string_view head) {
    for (const char c : head) {
      if (at_line_start && (c == ' ' || c == '\t')) {
        refusal = {400, "a header line must not be folded"};
      }
      at_line_start = c == '\n';
    }
  }

  size_t Put(std::string_view input) {
    boost::system::error_code error;
    const size_t used = beast.put(boost::asio::buffer(input.data(), input.size()), error);
    if (error && error != http::error::need_more) RefuseFor(error);
    return used;
  }

  void RefuseFor(const boost::system::error_code& error) {
    if (error == http::error::body_limit) {
      refusal = {413, "the body is larger than this server takes"};
    } else if (error == http::error::header_limit) {
      refusal = {431, "the header is larger than this server takes"};
    } else if (error == http::error::bad_version) {
      refusal = {505, "want HTTP/1.1 or HTTP/1.0"};
    } else {
      refusal = {400, absl::StrCat("not an HTTP request: ", error.message())};
    }
  }

  void ReadHead() {
    const auto& message = beast.get();
    int hosts = 0, lengths = 0, codings = 0;
    bool chunked = false;
    for (const auto& field : message) {
      const std::string value = Text(field.value());
      switch (field.name()) {
        case http::field::host:
          ++hosts;
          break;
        case http::field::content_length:
          // A list of lengths counts as several.
          lengths += IsNumber(value) ? 1 : 2;
          break;
        case http::field::transfer_encoding:
          ++codings;
          chunked = absl::EqualsIgnoreCase(value, "chunked");
          break;
        case http::field::expect:
          expects_continue = absl::EqualsIgnoreCase(value, "100-continue");
          break;
        default:
          break;
      }
      request.headers.emplace_back(absl::AsciiStrToLower(Text(field.name_string())), value);
    }
    request.method = Text(message.method_string());
    if (codings > 0 && !chunked) {
      refusal = {501, "Transfer-Encoding: want chunked and no other coding"};
    } else if (codings + lengths > 1) {
      refusal = {400, "want one Content-Length or one Transfer-Encoding"};
    } else if (codings > 0 && message.version() == 10) {
      refusal = {400, "Transfer-Encoding: not known in HTTP/1.0"};
    } else if (hosts > 1 || (hosts == 0 && message.version() > 10)) {
      refusal = {400, "want one Host"};
    } else {
      ReadTarget(Text(message.target()));
    }
  }

  void ReadTarget(std::string_view target) {
    const std::string_view authority = TakeAuthority(target);
    for (auto& [name, value] : request.headers) {
      if (name != "host") continue;
      if (!authority.empty()) value = std::string(authority);
      if (!IsAuthority(value)) refusal = {400, "Host: want a name or an address"};
    }
    const size_t query = std::min(target.find('?'), target.size());
    request.path = query == 0 && !authority.empty() ? "/" : std::string(target.substr(0, query));
    if (query < target.size()) request.query = std::string(target.substr(query + 1));
    const bool is_asterisk = target == "*" && request.method == "OPTIONS";
    if ((request.path.empty() || request.path[0] != '/') && !is_asterisk) {
      refusal = {400, "the target must be a path"};
    }
  }
};

HttpParser::HttpParser(size_t max_header_bytes, size_t max_body_bytes)
    : impl_(std::make_unique<Impl>()) {
  impl_->beast.header_limit(static_cast<std::uint32_t>(max_header_bytes));
  impl_->beast.body_limit(max_body_bytes);
}

HttpParser::~HttpParser() = default;

size_t HttpParser::Parse(std::string_view input) {
  size_t used = 0;
  if (!impl_->beast.is_header_done()) {
    used = impl_->Put(input);
    impl_->RefuseFolding(input.substr(0, used));
    if (refusal() || !impl_->beast.is_header_done()) return used;
    // Before the body is read, so that its trailers cannot pass for headers.
    impl_->ReadHead();
    impl_->beast.eager(true);
  }
  if (!refusal() && !impl_->beast.is_done() && used < input.size()) {
    used += impl_->Put(input.substr(used));
  }
  return used;
}

bool HttpParser::head_complete() const { return impl_->beast.is_header_done(); }
bool HttpParser::complete() const { return !refusal() && impl_->beast.is_done(); }
const std::optional<HttpParser::Refusal>& HttpParser::refusal() const { return impl_->refusal; }
bool HttpParser::expects_continue() const { return impl_->expects_continue && !is_http_1_0(); }
bool HttpParser::is_http_1_0() const { return impl_->beast.get().version() == 10; }
bool HttpParser::keep_alive() const { return impl_->beast.keep_alive(); }

HttpRequest HttpParser::Take() {
  impl_->request.body = std::move(impl_->beast.get().body());
  return std::move(impl_->request);
}

}  // namespace portico::gateway

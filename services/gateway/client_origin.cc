#include "services/gateway/client_origin.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <optional>
#include <utility>

namespace portico::gateway {
namespace {

namespace ip = boost::asio::ip;

// An IPv4 client of an IPv6 socket is shown as ::ffff:192.0.2.1. A scope (%eth0) means
// something on its own machine only, and could be any bytes.
std::optional<ip::address> ParseAddress(const std::string& text) {
  if (text.find('%') != text.npos) return std::nullopt;
  boost::system::error_code error;
  const ip::address address = ip::make_address(text, error);
  if (error) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address;
}

// The addresses of all X-Forwarded-For headers; the nearest proxy wrote the last.
std::vector<std::string> ForwardedFor(const HttpRequest& request) {
  std::vector<std::string> addresses;
  for (const auto& [name, value] : request.headers) {
    if (name != "x-forwarded-for") continue;
    for (absl::string_view part : absl::StrSplit(value, ',')) {
      part = absl::StripAsciiWhitespace(part);
      addresses.emplace_back(part.data(), part.size());
    }
  }
  return addresses;
}

}  // namespace

struct OriginReader::Networks {
  std::vector<ip::network_v4> v4;
  std::vector<ip::network_v6> v6;
};

OriginReader::OriginReader(std::unique_ptr<Networks> trusted, bool own_tls)
    : trusted_(std::move(trusted)), own_tls_(own_tls) {}
OriginReader::OriginReader(OriginReader&&) noexcept = default;
OriginReader& OriginReader::operator=(OriginReader&&) noexcept = default;
OriginReader::~OriginReader() = default;

absl::StatusOr<OriginReader> OriginReader::Make(const std::vector<std::string>& trusted_proxies,
                                                bool own_tls) {
  auto networks = std::make_unique<Networks>();
  for (const std::string& text : trusted_proxies) {
    const bool is_v6 = text.find(':') != text.npos;
    const bool is_network = text.find('/') != text.npos;
    const std::string network = is_network ? text : absl::StrCat(text, is_v6 ? "/128" : "/32");
    boost::system::error_code error;
    if (is_v6) {
      networks->v6.push_back(ip::make_network_v6(network, error));
    } else {
      networks->v4.push_back(ip::make_network_v4(network, error));
    }
    if (error) {
      return absl::InvalidArgumentError(
          absl::StrCat("got the proxy \"", text, "\", want an address or a network"));
    }
  }
  return OriginReader(std::move(networks), own_tls);
}

bool OriginReader::IsTrusted(const std::string& text) const {
  const std::optional<ip::address> address = ParseAddress(text);
  if (!address.has_value()) return false;
  const auto holds = [](const auto& network, const auto& member) {
    return decltype(network.canonical())(member, network.prefix_length()).canonical() ==
           network.canonical();
  };
  if (address->is_v4()) {
    return std::any_of(trusted_->v4.begin(), trusted_->v4.end(),
                       [&](const auto& network) { return holds(network, address->to_v4()); });
  }
  return std::any_of(trusted_->v6.begin(), trusted_->v6.end(),
                     [&](const auto& network) { return holds(network, address->to_v6()); });
}

ClientOrigin OriginReader::Read(const HttpRequest& request) const {
  ClientOrigin origin{request.peer_address, own_tls_};
  if (!IsTrusted(request.peer_address)) return origin;
  const std::string_view proto = request.Header("x-forwarded-proto");
  if (!proto.empty()) origin.https = proto == "https";
  // From the nearest outwards; the first that is no proxy of ours is the client.
  const std::vector<std::string> forwarded = ForwardedFor(request);
  for (auto hop = forwarded.rbegin(); hop != forwarded.rend(); ++hop) {
    const std::optional<ip::address> address = ParseAddress(*hop);
    if (!address.has_value()) break;
    origin.address = address->to_string();
    if (!IsTrusted(*hop)) break;
  }
  return origin;
}

}  // namespace portico::gateway

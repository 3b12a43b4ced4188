#include "libs/settings/forms.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <utility>

namespace portico::settings {
namespace {

bool HasBlank(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isspace(c) || std::iscntrl(c); });
}

bool IsPort(std::string_view text) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, port);
  return result.ec == std::errc() && result.ptr == end;
}

bool IsHostAndPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || HasBlank(text)) return false;
  const std::string_view host = text.substr(0, colon);
  if (!IsPort(text.substr(colon + 1)) || host.empty()) return false;
  if (host.front() == '[') return host.size() > 2 && host.back() == ']';
  return host.find(':') == std::string_view::npos && host.find('/') == std::string_view::npos;
}

}  // namespace

Form AnyText() {
  return {"text", [](std::string_view) { return true; }};
}

Form HostAndPort() { return {"host:port", IsHostAndPort}; }

Form GrpcTarget() {
  return {"host:port, or a gRPC name such as dns:///host:port", [](std::string_view text) {
            for (const std::string_view scheme : {"dns:", "unix:", "ipv4:", "ipv6:"}) {
              if (text.starts_with(scheme)) return text.size() > scheme.size() && !HasBlank(text);
            }
            return IsHostAndPort(text);
          }};
}

Form StartsWith(std::string want, std::vector<std::string> prefixes) {
  return {std::move(want), [prefixes = std::move(prefixes)](std::string_view text) {
            return std::any_of(prefixes.begin(), prefixes.end(), [text](const std::string& prefix) {
              return text.starts_with(prefix) && text.size() > prefix.size();
            });
          }};
}

}  // namespace portico::settings

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace portico::settings {

// What a value must look like. `want` completes "got …, want …" and stands in --help.
struct Form {
  std::string want;
  std::function<bool(std::string_view)> accepts;
};

// Any text.
Form AnyText();

// "127.0.0.1:7101", "[::1]:7101", "contact.svc:7102"; port 0 lets the kernel choose.
Form HostAndPort();

// What a gRPC channel can be opened to: host:port, or a name with a scheme such as
// "dns:///contact:7102" or "unix:/run/contact.sock".
Form GrpcTarget();

// One of `prefixes` with something behind it, such as "sqlite:" and "postgresql://".
Form StartsWith(std::string want, std::vector<std::string> prefixes);

}  // namespace portico::settings

#pragma once

#include <string>
#include <string_view>

namespace portico::log {

// What may be logged of an e-mail address: "***@example.com". What has no domain is "***".
std::string Redacted(std::string_view address);

}  // namespace portico::log

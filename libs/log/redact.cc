#include "libs/log/redact.h"

namespace portico::log {

std::string Redacted(std::string_view address) {
  const size_t at = address.rfind('@');
  std::string masked = "***";
  if (at != std::string_view::npos) masked += address.substr(at);
  return masked;
}

}  // namespace portico::log

#include "services/gateway/media_type.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include <vector>

namespace portico::gateway {
namespace {

std::vector<absl::string_view> SplitTrimmed(absl::string_view text, char separator) {
  std::vector<absl::string_view> parts = absl::StrSplit(text, separator);
  for (absl::string_view& part : parts) part = absl::StripAsciiWhitespace(part);
  return parts;
}

}  // namespace

bool IsJson(std::string_view content_type) {
  const auto parts = SplitTrimmed({content_type.data(), content_type.size()}, ';');
  if (!absl::EqualsIgnoreCase(parts[0], "application/json")) return false;
  for (absl::string_view parameter : parts) {
    if (absl::StartsWithIgnoreCase(parameter, "charset=")) {
      parameter.remove_prefix(8);
      absl::ConsumePrefix(&parameter, "\"");
      absl::ConsumeSuffix(&parameter, "\"");
      if (!absl::EqualsIgnoreCase(parameter, "utf-8")) return false;
    }
  }
  return true;
}

bool IsForm(std::string_view content_type) {
  const auto type = SplitTrimmed({content_type.data(), content_type.size()}, ';')[0];
  return absl::EqualsIgnoreCase(type, "application/x-www-form-urlencoded") ||
         absl::EqualsIgnoreCase(type, "multipart/form-data");
}

bool Accepts(std::string_view accept, std::string_view media_type) {
  for (const absl::string_view range : SplitTrimmed({accept.data(), accept.size()}, ',')) {
    if (absl::EqualsIgnoreCase(SplitTrimmed(range, ';')[0],
                               absl::string_view(media_type.data(), media_type.size()))) {
      return true;
    }
  }
  return false;
}

}  // namespace portico::gateway

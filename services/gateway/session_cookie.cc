#include "services/gateway/session_cookie.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include <algorithm>

#include "libs/rpc/call.h"

namespace portico::gateway {
namespace {

const char* CookieName(bool https) { return https ? "__Host-portico" : "portico"; }

// Tokens are base 64; whatever else a client sends is none.
bool IsToken(std::string_view text) {
  return !text.empty() && text.size() <= 512 && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("-_=.+/").find(c) != std::string_view::npos;
  });
}

std::string Value(const Metadata& trailers, std::string_view key) {
  const auto found = trailers.find(std::string(key));
  return found == trailers.end() ? "" : found->second;
}

std::string Cookie(const std::string& token, int64_t max_age, bool https) {
  return absl::StrCat(CookieName(https), "=", token, "; Path=/; Max-Age=", max_age,
                      "; HttpOnly; SameSite=Strict", https ? "; Secure" : "");
}

}  // namespace

std::optional<std::string> SessionToken(const HttpRequest& request, bool https) {
  const std::string prefix = absl::StrCat(CookieName(https), "=");
  for (const auto& [name, value] : request.headers) {
    if (name != "cookie") continue;
    for (absl::string_view pair : absl::StrSplit(value, ';')) {
      pair = absl::StripAsciiWhitespace(pair);
      if (!absl::ConsumePrefix(&pair, prefix)) continue;
      std::string token(pair.data(), pair.size());
      if (IsToken(token)) return token;
    }
  }
  return std::nullopt;
}

std::optional<std::string> SessionCookie(const Metadata& trailers, bool https) {
  if (Value(trailers, rpc::kSessionEndedMetadata) == "1") return Cookie("", 0, https);
  const std::string token = Value(trailers, rpc::kSessionMetadata);
  int64_t max_age = 0;
  if (!IsToken(token) ||
      !absl::SimpleAtoi(Value(trailers, rpc::kSessionMaxAgeMetadata), &max_age)) {
    return std::nullopt;
  }
  return Cookie(token, max_age, https);
}

}  // namespace portico::gateway

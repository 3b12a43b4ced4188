#include "services/account/http_url.h"

#include <curl/curl.h>

#include <memory>
#include <string_view>

namespace portico::account {
namespace {

// A part of the URL, or "" when it has none.
std::string Part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, curl_free);
  return text;
}

}  // namespace

bool IsHttpUrl(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
  if (parsed == nullptr ||
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return false;
  }
  const std::string scheme = Part(parsed.get(), CURLUPART_SCHEME);
  return (scheme == "http" || scheme == "https") && !Part(parsed.get(), CURLUPART_HOST).empty();
}

}  // namespace portico::account

#include "libs/auth/http_get.h"

#include <curl/curl.h>

#include <memory>
#include <string_view>

namespace portico::auth {
namespace {

constexpr size_t kMaxBytes = 1 << 20;
constexpr long kConnectTimeoutMs = 3000;
constexpr long kTimeoutMs = 5000;

struct CurlFree {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

size_t Append(char* data, size_t size, size_t count, void* target) {
  auto& body = *static_cast<std::string*>(target);
  if (body.size() + size * count > kMaxBytes) return 0;  // Ends the transfer.
  body.append(data, size * count);
  return size * count;
}

// A part of a URL as curl understands it, so that we judge what it will connect to.
std::string Part(CURLU* url, CURLUPart part) {
  char* raw = nullptr;
  if (curl_url_get(url, part, &raw, 0) != CURLUE_OK) return "";
  const std::unique_ptr<char, decltype(&curl_free)> owned(raw, curl_free);
  return raw;
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

}  // namespace

absl::Status CheckUrl(const std::string& url) {
  const std::unique_ptr<CURLU, CurlFree> parsed(curl_url());
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK) {
    // The URL is logged.
    if (!Part(parsed.get(), CURLUPART_USER).empty()) {
      return absl::InvalidArgumentError("want a URL of keys without user and password");
    }
    const std::string scheme = Part(parsed.get(), CURLUPART_SCHEME);
    if (scheme == "https") return absl::OkStatus();
    if (scheme == "http" && IsLoopback(Part(parsed.get(), CURLUPART_HOST))) return absl::OkStatus();
  }
  return absl::InvalidArgumentError("got \"" + url +
                                    "\", want a file, an https URL, or an http URL to localhost");
}

absl::StatusOr<std::string> HttpGet(const std::string& url) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, CurlFree> curl(curl_easy_init());
  if (started != CURLE_OK || curl == nullptr) return absl::UnavailableError("curl does not start");
  std::string body;
  char detail[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "https,http");
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) {
    return absl::UnavailableError(detail[0] != '\0' ? detail : curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    return absl::UnavailableError("got HTTP status " + std::to_string(status) + ", want 200");
  }
  return body;
}

}  // namespace portico::auth

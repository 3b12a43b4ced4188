#include "libs/mail/smtp_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <memory>

namespace portico::mail {
namespace {

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string Part(const Url& url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return "";
  const std::unique_ptr<char, decltype(&curl_free)> owned(text, curl_free);
  return text;
}

bool IsThisMachine(const std::string& host) {
  in_addr address;
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return ntohl(address.s_addr) >> 24 == 127;
  return host == "localhost" || host == "[::1]";
}

absl::Status Wrong(const char* what) {
  return absl::InvalidArgumentError(std::string("mail server URL: ") + what);
}

}  // namespace

absl::StatusOr<SmtpUrl> ParseSmtpUrl(const Secret& url) {
  const Url parts(curl_url(), curl_url_cleanup);
  if (curl_url_set(parts.get(), CURLUPART_URL, url.Reveal().c_str(), 0) != CURLUE_OK) {
    return Wrong("want smtp://[user:password@]host[:port][/name][?tls=required]");
  }
  const std::string scheme = Part(parts, CURLUPART_SCHEME);
  if (scheme != "smtp" && scheme != "smtps") return Wrong("want smtp:// or smtps://");

  SmtpUrl result;
  result.user = Part(parts, CURLUPART_USER, CURLU_URLDECODE);
  result.password = Secret(Part(parts, CURLUPART_PASSWORD, CURLU_URLDECODE));
  if (result.user.empty() != result.password.empty()) {
    return Wrong("want both a user and a password, or neither");
  }
  if (!Part(parts, CURLUPART_FRAGMENT).empty()) {
    return Wrong("want no fragment; # in a user or password is written %23");
  }
  const std::string query = Part(parts, CURLUPART_QUERY);
  if (!query.empty() && query != "tls=required") {
    return Wrong("want no parameter but tls=required");
  }
  result.require_tls = scheme == "smtps" || !query.empty() ||
                       (!result.user.empty() && !IsThisMachine(Part(parts, CURLUPART_HOST)));
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY}) {
    curl_url_set(parts.get(), part, nullptr, 0);
  }
  result.server = Part(parts, CURLUPART_URL);
  return result;
}

}  // namespace portico::mail

#include "libs/auth/url_key_source.h"

#include <algorithm>
#include <utility>

#include "libs/auth/http_get.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"

namespace portico::auth {
namespace {

constexpr absl::Duration kRefreshInterval = absl::Minutes(10);
constexpr absl::Duration kRetryInterval = absl::Seconds(30);

}  // namespace

absl::StatusOr<std::unique_ptr<UrlKeySource>> UrlKeySource::Create(std::string url,
                                                                   const Clock& clock) {
  RETURN_IF_ERROR(CheckUrl(url));
  return std::unique_ptr<UrlKeySource>(new UrlKeySource(std::move(url), clock));
}

UrlKeySource::UrlKeySource(std::string url, const Clock& clock)
    : url_(std::move(url)), clock_(clock) {}

std::shared_ptr<const KeySet> UrlKeySource::Keys() {
  absl::MutexLock lock(&mutex_);
  return keys_;
}

bool UrlKeySource::ReportUnknownKey() {
  {
    absl::MutexLock lock(&mutex_);
    const absl::Time now = clock_.Now();
    if (now < tried_at_ + kRetryInterval) return false;
    due_ = std::min(due_, now);
  }
  if (loop_ != nullptr) loop_->Wake();
  return true;
}

absl::Duration UrlKeySource::RefreshIfDue() {
  {
    absl::MutexLock lock(&mutex_);
    const absl::Time now = clock_.Now();
    if (now < due_) return due_ - now;
    tried_at_ = now;
    // From here on, reports of unknown keys are answered by this fetch.
    due_ = absl::InfiniteFuture();
  }
  absl::StatusOr<std::string> text = HttpGet(url_);
  absl::MutexLock lock(&mutex_);
  Accept(std::move(text));
  return due_ - clock_.Now();
}

void UrlKeySource::Accept(absl::StatusOr<std::string> text) {
  absl::StatusOr<KeySet> keys =
      text.ok() ? ParseJwks(*text) : absl::StatusOr<KeySet>(text.status());
  if (!keys.ok()) {
    log::Error("cannot fetch keys", {{"url", url_},
                                     {"error", std::string(keys.status().message())},
                                     {"kept", keys_ != nullptr}});
    due_ = clock_.Now() + kRetryInterval;
    return;
  }
  due_ = clock_.Now() + kRefreshInterval;
  // The same content keeps its pointer, and with it the tokens verified by it.
  if (keys_ != nullptr && *text == text_) return;
  text_ = *std::move(text);
  keys_ = std::make_shared<const KeySet>(*std::move(keys));
}

void UrlKeySource::StartRefreshing() {
  loop_ = std::make_unique<BackgroundLoop>("jwks", [this] { return RefreshIfDue(); });
}

}  // namespace portico::auth

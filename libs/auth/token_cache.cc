#include "libs/auth/token_cache.h"

#include <algorithm>
#include <utility>

namespace portico::auth {

TokenCache::TokenCache(size_t capacity) : generation_capacity_(std::max<size_t>(capacity / 2, 1)) {}

std::shared_ptr<const VerifiedToken> TokenCache::Find(const std::string& hash) {
  absl::MutexLock lock(&mutex_);
  if (const auto found = young_.find(hash); found != young_.end()) return found->second;
  const auto found = old_.find(hash);
  if (found == old_.end()) return nullptr;
  std::shared_ptr<const VerifiedToken> token = found->second;
  AddLocked(hash, token);
  return token;
}

void TokenCache::Add(const std::string& hash, std::shared_ptr<const VerifiedToken> token) {
  absl::MutexLock lock(&mutex_);
  AddLocked(hash, std::move(token));
}

void TokenCache::AddLocked(const std::string& hash, std::shared_ptr<const VerifiedToken> token) {
  if (young_.size() >= generation_capacity_) {
    old_ = std::move(young_);
    young_.clear();
  }
  young_[hash] = std::move(token);
}

}  // namespace portico::auth

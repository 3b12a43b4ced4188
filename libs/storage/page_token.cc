#include "libs/storage/page_token.h"

#include <absl/strings/escaping.h>

#include <charconv>

#include "libs/base/sha256.h"

namespace portico::storage {
namespace {

// A token is base64url of a digest, which tells damage and other queries, and
// of each part of the key as "length:bytes".
constexpr size_t kDigestSize = 8;

std::string Digest(std::string_view parts, std::string_view query_fingerprint) {
  std::string text(query_fingerprint);
  text += '\0';
  text += parts;
  return Sha256(text).substr(0, kDigestSize);
}

absl::Status Invalid() {
  return absl::InvalidArgumentError(
      "page_token: got a token of another query or none of ours, want next_page_token of the "
      "page before");
}

}  // namespace

std::string EncodePageToken(std::span<const std::string> key, std::string_view query_fingerprint) {
  if (key.empty()) return "";
  std::string parts;
  for (const std::string& part : key) parts += std::to_string(part.size()) + ":" + part;
  return absl::WebSafeBase64Escape(Digest(parts, query_fingerprint) + parts);
}

absl::StatusOr<std::vector<std::string>> DecodePageToken(std::string_view token,
                                                         std::string_view query_fingerprint) {
  std::vector<std::string> key;
  if (token.empty()) return key;
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(absl::string_view(token.data(), token.size()), &bytes) ||
      bytes.size() < kDigestSize) {
    return Invalid();
  }
  std::string_view parts = std::string_view(bytes).substr(kDigestSize);
  if (bytes.substr(0, kDigestSize) != Digest(parts, query_fingerprint)) return Invalid();
  while (!parts.empty()) {
    size_t size = 0;
    const auto [end, error] = std::from_chars(parts.begin(), parts.end(), size);
    if (error != std::errc() || end == parts.end() || *end != ':') return Invalid();
    parts.remove_prefix(end + 1 - parts.begin());
    if (size > parts.size()) return Invalid();
    key.emplace_back(parts.substr(0, size));
    parts.remove_prefix(size);
  }
  return key;
}

}  // namespace portico::storage

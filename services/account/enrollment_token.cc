#include "services/account/enrollment_token.h"

#include <cstdint>

#include "libs/auth/encoding.h"

namespace portico::account {
namespace {

constexpr std::string_view kPurpose = "portico enrollment link";
constexpr char kVersion = 1;
constexpr size_t kTimeBytes = 8;
constexpr size_t kFixedBytes = 1 + kTimeBytes;

std::string Content(const Enrollment& enrollment) {
  std::string content(1, kVersion);
  const uint64_t seconds = static_cast<uint64_t>(absl::ToUnixSeconds(enrollment.expire_time));
  for (size_t i = kTimeBytes; i-- > 0;) content += static_cast<char>(seconds >> (8 * i));
  return content + enrollment.invoice_id;
}

}  // namespace

std::string MakeEnrollmentToken(const auth::Signer& signer, const Enrollment& enrollment) {
  const std::string content = Content(enrollment);
  return auth::EncodeBase64Url(content + signer.Sign(content, kPurpose));
}

std::optional<Enrollment> ReadEnrollmentToken(const auth::Signer& signer, std::string_view token) {
  const std::optional<std::string> bytes = auth::DecodeBase64Url(token);
  if (!bytes.has_value() || bytes->size() < kFixedBytes + auth::Signer::kSignatureBytes) {
    return std::nullopt;
  }
  const std::string_view all = *bytes;
  const std::string_view content = all.substr(0, all.size() - auth::Signer::kSignatureBytes);
  if (!signer.Verify(content, kPurpose, all.substr(content.size())) ||
      content.front() != kVersion) {
    return std::nullopt;
  }
  uint64_t seconds = 0;
  for (const char byte : content.substr(1, kTimeBytes)) {
    seconds = (seconds << 8) | static_cast<uint8_t>(byte);
  }
  return Enrollment{.invoice_id = std::string(content.substr(kFixedBytes)),
                    .expire_time = absl::FromUnixSeconds(static_cast<int64_t>(seconds))};
}

}  // namespace portico::account

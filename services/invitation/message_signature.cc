#include "services/invitation/message_signature.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include "libs/base/id.h"
#include "libs/mail/address.h"

namespace portico::invitation {
namespace {

constexpr std::string_view kBounce = "bounce";
constexpr std::string_view kUnsubscribe = "unsubscribe";
// 80 bits, which only we can try guesses at.
constexpr size_t kLength = 16;

// In letters and digits that mean the same in either case.
std::string Shorten(std::string_view signature) {
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string text;
  for (const char c : signature.substr(0, kLength)) {
    text += kDigits[static_cast<unsigned char>(c) & 31];
  }
  return text;
}

}  // namespace

MessageSignature::MessageSignature(const auth::Sealer& sealer, std::string bounce_address)
    : signer_(sealer.MakeSigner("messages")) {
  const size_t at = bounce_address.rfind('@');
  if (at == std::string::npos) return;
  before_ = absl::AsciiStrToLower(bounce_address.substr(0, at)) + '+';
  domain_ = '@' + absl::AsciiStrToLower(bounce_address.substr(at + 1));
}

std::string MessageSignature::Sign(std::string_view message_id, std::string_view purpose) const {
  return Shorten(signer_.Sign(message_id, purpose));
}

bool MessageSignature::Verify(std::string_view message_id, std::string_view purpose,
                              std::string_view signature) const {
  bool verified = false;
  for (const std::string& right : signer_.Signatures(message_id, purpose)) {
    verified |= EqualInConstantTime(Shorten(right), signature);
  }
  return verified;
}

std::string MessageSignature::EnvelopeSender(const Message& message) const {
  if (domain_.empty()) return message.sender();
  return absl::StrCat(before_, message.id().substr(IdPrefix(IdKind::kMessage).size()), "=",
                      Sign(message.id(), kBounce), domain_);
}

std::optional<std::string> MessageSignature::MessageOf(std::string_view address) const {
  const std::string text = absl::AsciiStrToLower(mail::NormalizeAddress(address));
  if (domain_.empty() || !text.starts_with(before_) || !text.ends_with(domain_) ||
      text.size() < before_.size() + domain_.size()) {
    return std::nullopt;
  }
  const std::string marks =
      text.substr(before_.size(), text.size() - before_.size() - domain_.size());
  const size_t end = marks.find('=');
  if (end == std::string::npos) return std::nullopt;
  const std::string id =
      absl::StrCat(std::string(IdPrefix(IdKind::kMessage)), marks.substr(0, end));
  if (!Verify(id, kBounce, marks.substr(end + 1))) return std::nullopt;
  return id;
}

std::string MessageSignature::UnsubscribeUrl(std::string_view portal_url,
                                             std::string_view message_id) const {
  return absl::StrCat(std::string(portal_url), "/v1/unsubscribe?message=", std::string(message_id),
                      "&signature=", Sign(message_id, kUnsubscribe));
}

bool MessageSignature::IsUnsubscribe(std::string_view message_id,
                                     std::string_view signature) const {
  return Verify(message_id, kUnsubscribe, signature);
}

}  // namespace portico::invitation

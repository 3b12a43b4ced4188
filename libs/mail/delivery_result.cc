#include "libs/mail/delivery_result.h"

#include <absl/strings/ascii.h>
#include <glib.h>

#include <algorithm>
#include <memory>

#include "libs/mail/address.h"

namespace portico::mail {
namespace {

constexpr size_t kMaxReply = 500;

}  // namespace

std::optional<DeliveryResult> RefuseEnvelope(const Envelope& envelope) {
  if (const auto sender = ParseAddress(envelope.sender); !sender.ok()) {
    return DeliveryResult{Outcome::kRefused, 0, "5.1.7",
                          "sender: " + std::string(sender.status().message())};
  }
  if (const auto recipient = ParseAddress(envelope.recipient); !recipient.ok()) {
    return DeliveryResult{Outcome::kRefusedRecipient, 0, "5.1.3",
                          "recipient: " + std::string(recipient.status().message())};
  }
  return std::nullopt;
}

std::string ReplyText(std::string_view text) {
  const std::unique_ptr<char, decltype(&g_free)> valid(
      g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())), g_free);
  std::string result(valid.get());
  absl::StripTrailingAsciiWhitespace(&result);
  std::replace_if(
      result.begin(), result.end(),
      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }, ' ');
  if (result.size() > kMaxReply) {
    const char* end = g_utf8_find_prev_char(result.data(), result.data() + kMaxReply + 1);
    result.resize(static_cast<size_t>(end - result.data()));
  }
  return result;
}

}  // namespace portico::mail

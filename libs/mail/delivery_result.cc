#include "libs/mail/delivery_result.h"

#include <absl/strings/ascii.h>
#include <glib.h>

#include <algorithm>
#include <memory>

#include "libs/mail/address.h"

namespace portico::mail {
namespace {

constexpr size_t kMaxReply = 500;

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() <= 3 && std::ranges::all_of(text, absl::ascii_isdigit);
}

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

std::string EnhancedStatusIn(std::string_view text) {
  const std::string_view status = text.substr(0, text.find_first_of(" \r\n"));
  const size_t first = status.find('.'), last = status.rfind('.');
  if (first != 1 || last == first || last == std::string_view::npos) return "";
  const std::string_view digits = "245";
  const bool has_form = digits.find(status[0]) != std::string_view::npos &&
                        IsNumber(status.substr(first + 1, last - first - 1)) &&
                        IsNumber(status.substr(last + 1));
  return has_form ? std::string(status) : "";
}

}  // namespace portico::mail

#include "libs/mail/smtp_conversation.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <array>
#include <utility>

#include "libs/mail/delivery_result.h"

namespace portico::mail {
namespace {

constexpr std::array<std::string_view, 7> kVerbs = {"EHLO", "HELO", "STARTTLS", "AUTH",
                                                    "MAIL", "RCPT", "DATA"};

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() <= 3 && std::all_of(text.begin(), text.end(), IsDigit);
}

// Whether an enhanced status says that the recipient's address is bad (RFC 3463, section
// 3.2). Not 5.1.7 and 5.1.8, which are about the sender though servers give them at RCPT,
// nor 5.1.0, which Postfix says of an unknown sender.
bool BlamesRecipient(std::string_view status) {
  constexpr std::array<std::string_view, 6> kBad = {"5.1.1", "5.1.2", "5.1.3",
                                                    "5.1.4", "5.1.6", "5.1.10"};
  return std::find(kBad.begin(), kBad.end(), status) != kBad.end();
}

}  // namespace

void SmtpConversation::Sent(std::string_view command) {
  if (command.starts_with("QUIT")) over_ = true;
  if (over_) return;
  const auto verb = std::find_if(kVerbs.begin(), kVerbs.end(), [&](std::string_view known) {
    return command.starts_with(known);
  });
  if (verb == kVerbs.end()) return;  // A part of a login.
  kept_connection_ = kept_connection_ || (verb_.empty() && code_ == 0);
  verb_ = *verb;
  code_ = 0;
  enhanced_status_.clear();
  last_line_.clear();
}

void SmtpConversation::Received(std::string_view line) {
  if (over_ || line.size() < 4 || !IsNumber(line.substr(0, 3))) return;
  code_ = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  last_line_ = line;
  if (std::string status = EnhancedStatusIn(line.substr(4)); !status.empty()) {
    enhanced_status_ = std::move(status);
  }
  if (verb_ == "MAIL" && code_ / 100 == 2) sender_accepted_ = true;
  if (verb_ == "DATA" && code_ == 354) {
    verb_ = "the message";
    code_ = 0;
  }
}

bool SmtpConversation::WasOverBeforeMail() const {
  return kept_connection_ && !sender_accepted_ && (code_ == 0 || code_ == 421);
}

DeliveryResult SmtpConversation::Accepted() const {
  return {Outcome::kAccepted, code_, enhanced_status_, ReplyText(last_line_)};
}

DeliveryResult SmtpConversation::Failed(std::string_view error) const {
  if (code_ >= 400) return {RefusedAs(), code_, enhanced_status_, ReplyText(last_line_)};
  const std::string where = verb_.empty() ? "connecting" : verb_;
  return {Outcome::kRefusedForNow, 0, "", ReplyText(where + ": " + std::string(error))};
}

Outcome SmtpConversation::RefusedAs() const {
  if (code_ < 500) return Outcome::kRefusedForNow;
  if (verb_ != "RCPT") return Outcome::kRefused;
  if (!enhanced_status_.empty()) {
    return BlamesRecipient(enhanced_status_) ? Outcome::kRefusedRecipient : Outcome::kRefused;
  }
  // Without an enhanced status these mean a bad mailbox (RFC 5321, section 4.2.3).
  const bool bad_mailbox = code_ == 550 || code_ == 551 || code_ == 553;
  return bad_mailbox ? Outcome::kRefusedRecipient : Outcome::kRefused;
}

}  // namespace portico::mail

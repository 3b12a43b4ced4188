#include "services/invitation/deliverer.h"

#include <absl/strings/str_cat.h>

#include <exception>
#include <optional>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/mail/html_text.h"
#include "libs/mail/message.h"

namespace portico::invitation {
namespace {

mail::DeliveryResult LocalFault(mail::Outcome outcome, std::string what) {
  return {.outcome = outcome, .reply = std::move(what)};
}

// Of an invitation, with a token of its own. The values of other mails are all that they tell.
bool CarriesLink(const Message& message) {
  return message.kind() == portico::invitation::v1::MESSAGE_KIND_INVITATION ||
         message.kind() == portico::invitation::v1::MESSAGE_KIND_REMINDER;
}

// Whether the mail itself cannot be made. Any other error is the database's, and may pass.
bool IsBroken(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) || absl::IsDataLoss(status);
}

SendingBrake::Finding FindingOf(const mail::DeliveryResult& result) {
  if (IsServerFault(result)) return SendingBrake::Finding::kDown;
  return result.outcome == mail::Outcome::kRefused ? SendingBrake::Finding::kRefuses
                                                   : SendingBrake::Finding::kWorks;
}

}  // namespace

Deliverer::Deliverer(DeliveryQueue& queue, DeliveryChannel& channel, DeliveryRecorder& recorder,
                     std::unique_ptr<mail::Transport> transport, const auth::Sealer& sealer,
                     SendingBrake& brake, const Clock& clock)
    : queue_(queue),
      channel_(channel),
      recorder_(recorder),
      transport_(std::move(transport)),
      sealer_(sealer),
      brake_(brake),
      clock_(clock) {}

bool Deliverer::RunOnce(absl::Duration wait) {
  if (!recorder_.AwaitRoom(wait)) return false;
  std::optional<ClaimedMail> claimed = channel_.Take(wait);
  if (!claimed.has_value()) return false;
  if (MayBegin(*claimed)) {
    Deliver(*std::move(claimed));
  } else {
    channel_.GiveBack(*std::move(claimed));
  }
  return true;
}

bool Deliverer::MayBegin(const ClaimedMail& claimed) {
  const bool in_time = clock_.Now() + queue_.options().longest_send <= claimed.lease_until;
  // The brake last: who may try must.
  return in_time && queue_.HasKept(claimed) && !recorder_.IsStuck() && brake_.MayTry();
}

void Deliverer::Deliver(ClaimedMail claimed) {
  Attempt attempt;
  try {
    attempt = Try(claimed.mail);
  } catch (const std::exception& error) {
    // Such as a want of memory: nothing that tells of the mail. The queue bounds the attempts.
    attempt.result = LocalFault(mail::Outcome::kRefusedForNow, error.what());
  }
  brake_.Report(attempt.finding);
  recorder_.Push({.claimed = std::move(claimed), .result = std::move(attempt.result)});
}

Deliverer::Attempt Deliverer::Try(const OutgoingMail& mail) {
  const absl::StatusOr<Secret> token =
      CarriesLink(mail.message)
          ? sealer_.Open(mail.content.sealed_token, mail.message.id())
          : Secret();
  if (!token.ok()) {
    // Mostly a key that is missing from the settings, which ops can put back.
    return {.result =
                LocalFault(mail::Outcome::kRefusedForNow, std::string(token.status().message()))};
  }
  const absl::StatusOr<std::string> bytes = Compose(mail, *token);
  if (!bytes.ok()) {
    const mail::Outcome outcome =
        IsBroken(bytes.status()) ? mail::Outcome::kRefused : mail::Outcome::kRefusedForNow;
    return {.result = LocalFault(outcome, std::string(bytes.status().message()))};
  }
  const mail::DeliveryResult result = transport_->Deliver(
      {.sender = mail.message.sender(), .recipient = mail.message.recipient()}, *bytes);
  return {.result = result, .finding = FindingOf(result)};
}

absl::StatusOr<std::string> Deliverer::Compose(const OutgoingMail& mail, const Secret& token) {
  const MailContent& content = mail.content;
  ASSIGN_OR_RETURN(const TemplateText text, Text(content));
  PlaceholderValues values = content.values;
  const auto contact_name = values.find(kContactName);
  if (contact_name == values.end()) return absl::DataLossError("the values cannot be read");
  const std::string recipient_name = mail::HeaderValue(contact_name->second);
  if (CarriesLink(mail.message)) {
    // In the fragment, so that the token reaches no server's log.
    values[std::string(kCustomerPortalLink)] =
        absl::StrCat(content.portal_url, "/accept#token=", token.Reveal());
  }
  TemplateText rendered = Render(text, values);
  return mail::Compose({.from = {mail::HeaderValue(content.sender_name), mail.message.sender()},
                        .to = {recipient_name, mail.message.recipient()},
                        .subject = mail.message.subject(),
                        .text_body = std::move(rendered.text_body),
                        .html_body = std::move(rendered.html_body),
                        .message_id = mail.message.message_id(),
                        .date = clock_.Now()});
}

absl::StatusOr<TemplateText> Deliverer::Text(const MailContent& content) {
  const std::string key = absl::StrCat(content.template_id, "/", content.template_version);
  if (key != text_key_) {
    ASSIGN_OR_RETURN(text_, queue_.Text(content));
    text_key_ = key;
  }
  return text_;
}

}  // namespace portico::invitation

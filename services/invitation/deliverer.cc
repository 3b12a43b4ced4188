#include "services/invitation/deliverer.h"

#include <absl/strings/str_cat.h>

#include <exception>
#include <set>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/mail/address.h"
#include "libs/mail/html_text.h"
#include "libs/mail/message.h"

namespace portico::invitation {
namespace {

mail::DeliveryResult LocalFault(mail::Outcome outcome, std::string what) {
  return {.outcome = outcome, .reply = std::move(what)};
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

Deliverer::Deliverer(DeliveryQueue& queue, std::unique_ptr<mail::Transport> transport,
                     const auth::Sealer& sealer, SendingBrake& brake, rpc::Metrics& metrics,
                     const Clock& clock)
    : queue_(queue),
      transport_(std::move(transport)),
      sealer_(sealer),
      brake_(brake),
      metrics_(metrics),
      clock_(clock) {}

absl::Duration Deliverer::RunOnce() {
  if (stopping_ || !RecordAll() || !ReleaseUntried() || !queue_.IsPresent()) return kDatabaseRest;
  const int allowed = brake_.Allow(queue_.options().batch);
  if (allowed == 0) return brake_.Rest();
  const absl::StatusOr<std::vector<ClaimedMail>> claimed = queue_.Claim(allowed);
  if (!claimed.ok() || claimed->empty()) {
    brake_.Report(SendingBrake::Finding::kNothing);
    const absl::StatusOr<absl::Duration> rest =
        claimed.ok() ? queue_.UntilNext() : absl::StatusOr<absl::Duration>(claimed.status());
    if (rest.ok()) return *rest;
    log::Warn("the mail queue cannot be read", {{"error", rest.status().ToString()}});
    return kDatabaseRest;
  }
  std::set<std::string> refusing;  // Whose other mails are claimed afresh: they may be suppressed.
  bool tried = false;
  for (const ClaimedMail& claim : *claimed) {
    const bool in_time = clock_.Now() + queue_.options().longest_send <= claim.lease_until;
    if (stopping_ || !in_time || !queue_.HasKept(claim) || brake_.IsPaused() || !unrecorded_.empty() ||
        refusing.contains(mail::AddressKey(claim.mail.message.recipient()))) {
      untried_.push_back(claim);
      continue;
    }
    tried = true;
    if (!Deliver(claim)) refusing.insert(mail::AddressKey(claim.mail.message.recipient()));
  }
  // What may have been the one try that the brake allows is left to another.
  if (!tried) brake_.Report(SendingBrake::Finding::kNothing);
  ReleaseUntried();
  return absl::ZeroDuration();
}

bool Deliverer::Deliver(const ClaimedMail& claimed) {
  Attempt attempt;
  try {
    attempt = Try(claimed.mail);
  } catch (const std::exception& error) {
    // Such as a want of memory: nothing that tells of the mail. The queue bounds the attempts.
    attempt.result = LocalFault(mail::Outcome::kRefusedForNow, error.what());
  }
  brake_.Report(attempt.finding);
  const bool accepted = attempt.result.outcome == mail::Outcome::kAccepted;
  unrecorded_.emplace_back(claimed, std::move(attempt.result));
  RecordAll();
  return accepted;
}

Deliverer::Attempt Deliverer::Try(const OutgoingMail& mail) {
  const absl::StatusOr<Secret> token = sealer_.Open(mail.content.sealed_token, mail.message.id());
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
  // In the fragment, so that the token reaches no server's log.
  values[std::string(kCustomerPortalLink)] =
      absl::StrCat(content.portal_url, "/accept#token=", token.Reveal());
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

bool Deliverer::ReleaseUntried() {
  if (const absl::Status released = queue_.Release(untried_); !released.ok()) {
    log::Warn("mails stay claimed, as they cannot be given back yet",
              {{"count", untried_.size()}, {"error", released.ToString()}});
    return false;
  }
  untried_.clear();
  return true;
}

// False when the database does not take a result yet.
bool Deliverer::RecordAll() {
  while (!unrecorded_.empty()) {
    const auto& [claimed, result] = unrecorded_.front();
    const absl::StatusOr<DeliveryOutcome> outcome = queue_.Record(claimed, result);
    const std::string& id = claimed.mail.message.id();
    if (!outcome.ok()) {
      log::Warn("the result of a delivery cannot be recorded yet",
                {{"message", id}, {"error", outcome.status().ToString()}});
      if (!absl::IsNotFound(outcome.status())) return false;
    } else {
      const std::string name = portico::invitation::v1::DeliveryOutcome_Name(*outcome);
      metrics_.Count("portico_deliveries_total", "Attempts to deliver a mail, by how they ended.",
                     {{"outcome", name}});
      if (*outcome != portico::invitation::v1::DELIVERY_OUTCOME_ACCEPTED) {
        log::Warn("a mail was not delivered", {{"message", id},
                                               {"outcome", name},
                                               {"reply_code", result.reply_code},
                                               {"enhanced_status", result.enhanced_status}});
      }
    }
    unrecorded_.pop_front();
  }
  return true;
}

}  // namespace portico::invitation

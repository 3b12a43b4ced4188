#include "services/invitation/deliverer.h"

#include <exception>
#include <optional>
#include <utility>

#include "libs/log/log.h"
#include "libs/mail/address.h"

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

Deliverer::Deliverer(DeliveryQueue& queue, std::unique_ptr<mail::Transport> transport,
                     LetterWriter& writer, SendingBrake& brake, rpc::Metrics& metrics,
                     const Clock& clock)
    : queue_(queue),
      channel_(channel),
      recorder_(recorder),
      transport_(std::move(transport)),
      writer_(writer),
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
  std::set<std::string> refusing;  // Whose other mails are claimed afresh: they may be suppressed.
  bool tried = false;
  for (const ClaimedMail& claim : *claimed) {
    const bool in_time = clock_.Now() + queue_.options().longest_send <= claim.lease_until;
    if (stopping_ || !in_time || !queue_.HasKept(claim) || brake_.IsPaused() ||
        !unrecorded_.empty() ||
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
  const absl::StatusOr<Letter> letter = writer_.Write(mail);
  if (!letter.ok()) {
    const mail::Outcome outcome =
        IsBroken(letter.status()) ? mail::Outcome::kRefused : mail::Outcome::kRefusedForNow;
    return {.result = LocalFault(outcome, std::string(letter.status().message()))};
  }
  const mail::DeliveryResult result = transport_->Deliver(letter->envelope, letter->bytes);
  return {.result = result, .finding = FindingOf(result)};
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

#include "services/invitation/deliverer.h"

#include <exception>
#include <optional>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"

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

Deliverer::Deliverer(DeliveryQueue& queue, DeliveryChannel& channel, DeliveryRecorder& recorder,
                     std::unique_ptr<mail::Transport> transport, LetterWriter& writer,
                     SendingBrake& brake, const Clock& clock)
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
  const absl::StatusOr<Letter> letter = writer_.Write(mail);
  if (!letter.ok()) {
    const mail::Outcome outcome =
        IsBroken(letter.status()) ? mail::Outcome::kRefused : mail::Outcome::kRefusedForNow;
    return {.result = LocalFault(outcome, std::string(letter.status().message()))};
  }
  const mail::DeliveryResult result = transport_->Deliver(letter->envelope, letter->bytes);
  return {.result = result, .finding = FindingOf(result)};
}

}  // namespace portico::invitation

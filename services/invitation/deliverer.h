#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "libs/auth/sealer.h"
#include "libs/mail/transport.h"
#include "libs/rpc/metrics.h"
#include "services/invitation/delivery_queue.h"
#include "services/invitation/sending_brake.h"

namespace portico::invitation {

// How long to rest when the database does not take what has to be told it first.
inline constexpr absl::Duration kDatabaseRest = absl::Seconds(1);

// One worker's way from the queue to the mail server. For one thread, but for Stop.
class Deliverer {
 public:
  Deliverer(DeliveryQueue& queue, std::unique_ptr<mail::Transport> transport,
            const auth::Sealer& sealer, SendingBrake& brake, rpc::Metrics& metrics,
            const Clock& clock);

  // Claims a batch of due mails, sends them and records what came of it. Answers
  // how long to rest until there may be more. No mail, however broken, and no fault of
  // the database ends it.
  absl::Duration RunOnce();

  // Gives back what is claimed and not begun yet; the mail on its way is finished.
  void Stop() { stopping_ = true; }

 private:
  // An attempt, before it is recorded.
  struct Attempt {
    mail::DeliveryResult result;
    SendingBrake::Finding finding = SendingBrake::Finding::kNothing;
  };

  // Answers whether the mail was taken.
  bool Deliver(const ClaimedMail& claimed);
  Attempt Try(const OutgoingMail& mail);
  absl::StatusOr<std::string> Compose(const OutgoingMail& mail, const Secret& token);
  absl::StatusOr<TemplateText> Text(const MailContent& content);
  bool RecordAll();
  bool ReleaseUntried();

  DeliveryQueue& queue_;
  const std::unique_ptr<mail::Transport> transport_;
  const auth::Sealer& sealer_;
  SendingBrake& brake_;
  rpc::Metrics& metrics_;
  const Clock& clock_;
  std::atomic<bool> stopping_ = false;
  // What the database could not take yet. Nothing more is sent before it has.
  std::deque<std::pair<ClaimedMail, mail::DeliveryResult>> unrecorded_;
  std::vector<ClaimedMail> untried_;  // Claimed, and to be given back.
  // The last version used; mails mostly share one.
  std::string text_key_;
  TemplateText text_;
};

}  // namespace portico::invitation

#include "services/invitation/refusal_log.h"

#include "libs/base/clock.h"
#include "libs/log/log.h"

namespace portico::invitation {
namespace {

constexpr int64_t kMostWarnings = 20;  // A minute.

}  // namespace

void RefusalLog::Note(const TriedMail& tried, DeliveryOutcome outcome) {
  const absl::Time now = SteadyClock().Now();
  if (now >= minute_ + absl::Minutes(1)) {
    if (noted_ > kMostWarnings) {
      log::Warn("more mails were not delivered", {{"count", noted_ - kMostWarnings}});
    }
    minute_ = now;
    noted_ = 0;
  }
  if (++noted_ > kMostWarnings) return;
  log::Warn("a mail was not delivered",
            {{"message", tried.claimed.mail.message.id()},
             {"outcome", portico::invitation::v1::DeliveryOutcome_Name(outcome)},
             {"reply_code", tried.result.reply_code},
             {"enhanced_status", tried.result.enhanced_status}});
}

}  // namespace portico::invitation

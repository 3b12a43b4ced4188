#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <optional>
#include <string>
#include <string_view>

#include "libs/base/clock.h"
#include "services/invitation/inviter.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

using portico::invitation::v1::DeliveryReportKind;
using portico::invitation::v1::DeliverySource;

// What somebody reports of a mail that a mail server took.
struct MailReport {
  std::string message_id;
  DeliveryReportKind kind;
  DeliverySource source;
  std::string enhanced_status;     // Empty where there is none.
  std::string text;                // UTF-8.
  std::optional<absl::Time> time;  // When it happened, where that is told.
  std::string content_hash;        // The same in each copy of the report, and in no other.
};

// What reports mean for mails, invitations and addresses. Every call answers Session's errors.
class DeliveryReports {
 public:
  DeliveryReports(const Stores& stores, const Clock& clock) : stores_(stores), clock_(clock) {}

  enum class Outcome { kRecorded, kRepeated, kUnknownMessage };

  // In a WriteUnderLocks; several in one transaction by rising ids of their invitations, then
  // messages. Only an invitation that is live, and has had no later mail, changes.
  absl::StatusOr<Outcome> Apply(storage::Session& session, const MailReport& report) const;

 private:
  absl::StatusOr<absl::Time> TimeOf(storage::Session& session, const MailReport& report) const;
  absl::Status Follow(storage::Session& session, const MailReport& report, Message& message,
                      std::optional<Invitation>& invitation) const;
  absl::Status End(storage::Session& session, Message& message,
                   portico::invitation::v1::MessageState state) const;
  absl::Status Suppress(storage::Session& session, const MailReport& report, const Message& message,
                        portico::invitation::v1::SuppressionReason reason) const;

  const Stores& stores_;
  const Clock& clock_;
};

}  // namespace portico::invitation

#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/mail/transport.h"
#include "libs/storage/database.h"
#include "libs/storage/presence.h"
#include "services/invitation/delivery_policy.h"
#include "services/invitation/inviter.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

struct DeliveryOptions {
  // Names this process among those that share the database. A process that starts
  // takes back what its predecessor of the same name had claimed, so no two that live
  // may share a name.
  std::string owner;
  int workers = 8;
  int batch = 8;  // What a worker claims at a time.
  // The longest that handing on one message takes: twice the transport's total timeout.
  absl::Duration longest_send = absl::Minutes(2);
  absl::Duration give_up_after = absl::Hours(48);
  // How long after its last sign a process is dead, and the others take its mails.
  absl::Duration presence = absl::Seconds(5);
};

// A mail that one worker has to itself until then.
struct ClaimedMail {
  OutgoingMail mail;
  absl::Time lease_until;
  // Since when this process had been present when it claimed the mail: once it has been away, others
  // may have it.
  absl::Time present_since = absl::InfinitePast();
};

// The queue as workers see it: each call is one transaction. Besides the errors
// stated, every call answers the database's. Thread-safe.
class DeliveryQueue {
 public:
  DeliveryQueue(storage::Database& database, const Stores& stores, const Inviter& inviter,
                const Clock& clock, DeliveryOptions options)
      : database_(database),
        stores_(stores),
        inviter_(inviter),
        clock_(clock),
        options_(std::move(options)),
        presence_(database, "delivery", options_.owner, options_.presence) {}

  const DeliveryOptions& options() const { return options_; }

  // Leases up to `limit` due mails. Each is checked once more against its
  // invitation, its contact and the suppressed addresses; one that is not wanted any
  // more is cancelled, or goes to the contact's new address, as Inviter::Reconcile says.
  absl::StatusOr<std::vector<ClaimedMail>> Claim(int limit);

  // A claim, with no mail yet, for mails that are inserted as claimed; and its end, when it is
  // not known whether they were.
  ClaimedMail NewClaim() ABSL_LOCKS_EXCLUDED(mutex_);
  void Abandon(const ClaimedMail& claim) ABSL_LOCKS_EXCLUDED(mutex_);

  // Tells the other processes that this one lives, and takes back what those that died had
  // claimed. To be called several times within options().presence.
  absl::Status Announce();

  // Whether the others leave this process its mails; else it tries none, and announces itself.
  bool IsPresent() const { return presence_.IsPresent(); }

  // Whether they have done so ever since the mail was claimed.
  bool HasKept(const ClaimedMail& claimed) const {
    return presence_.Since() == claimed.present_since;
  }

  // Gives mails back that were not tried, so that they are due at once.
  absl::Status Release(const std::vector<ClaimedMail>& mails);
  absl::Status ReleaseOwn();

  // Records an attempt that ended now, and what it means for message, invitation
  // and address. When the lease is lost, only an acceptance means anything.
  absl::StatusOr<DeliveryOutcome> Record(const ClaimedMail& claimed,
                                         const mail::DeliveryResult& result);

  // NOT_FOUND: the version does not exist.
  absl::StatusOr<TemplateText> Text(const MailContent& content);

  // How long it is until a mail is due; half a minute at most, since a lease of
  // another process may run out without a sign.
  absl::StatusOr<absl::Duration> UntilNext();

  absl::StatusOr<int64_t> CountWaiting();

 private:
  absl::Status FollowClock() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status FollowClock(storage::Session& session, absl::Time now) const;
  absl::Time LeaseEnd(absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<ClaimedMail>> Claim(absl::Time now, absl::Time until, int limit);
  absl::Status ReleaseBroken() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<Message>> Lease(storage::Session& session, absl::Time now,
                                             absl::Time until, int limit) const;
  absl::StatusOr<std::vector<ClaimedMail>> Check(storage::Session& session,
                                                 const std::vector<Message>& leased,
                                                 absl::Time until) const;
  // The ids of those whose invitation, contact and address are as they must be.
  absl::StatusOr<std::set<std::string>> Wanted(storage::Session& session,
                                               const std::vector<Message>& leased) const;
  absl::StatusOr<std::vector<ClaimedMail>> Contents(storage::Session& session,
                                                    const std::vector<Message>& leased,
                                                    absl::Time until) const;
  absl::Status PutOff(storage::Session& session, const Message& message) const;
  absl::Status UpdateInvitation(storage::Session& session, std::optional<Invitation> invitation,
                                bool was_waiting, DeliveryOutcome outcome, absl::Time now) const;

  storage::Database& database_;
  const Stores& stores_;
  const Inviter& inviter_;
  const Clock& clock_;
  const DeliveryOptions options_;
  storage::Presence presence_;

  absl::Mutex mutex_;
  // When mail was last looked for.
  absl::Time looked_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time last_lease_end_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  // The ends of the leases of claims that failed, some of whose mails may be leased.
  std::vector<absl::Time> broken_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::invitation

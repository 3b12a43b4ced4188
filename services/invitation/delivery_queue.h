#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "libs/storage/presence.h"
#include "services/invitation/inviter.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

struct DeliveryOptions {
  // Names this process among those that share the database. A process that starts
  // takes back what its predecessor of the same name had claimed, so no two that live
  // may share a name.
  std::string owner;
  int workers = 8;
  // The longest that handing on one message takes: twice the transport's total timeout.
  absl::Duration longest_send = absl::Minutes(2);
  absl::Duration give_up_after = absl::Hours(48);
  // How long after its last sign a process is dead, and the others take its mails.
  absl::Duration presence = absl::Seconds(5);
};

// A mail that this process has to itself until then.
struct ClaimedMail {
  OutgoingMail mail;
  absl::Time lease_until;
  // Since when this process had been present when it claimed the mail: once it has been away,
  // others may have it.
  absl::Time present_since = absl::InfinitePast();
};

// How many mails of each lane somebody has room for.
struct LaneRoom {
  int awaited = 0;
  int bulk = 0;
};

// What makes the mails of bulk sends, when nothing of theirs waits that is made already.
struct Fed {
  std::vector<OutgoingMail> mails;  // Queued under the lease.
  // After what time there may be more. Sooner, CommitSignal tells of it.
  absl::Duration rest = absl::InfiniteDuration();
};
using BulkFeed = std::function<absl::StatusOr<Fed>(int limit, const MailLease& lease)>;

// The queue as the dispatcher sees it: each call is one transaction. Besides the errors
// stated, every call answers the database's. Thread-safe.
class DeliveryQueue {
 public:
  // `feed` may be null.
  DeliveryQueue(storage::Database& database, const Stores& stores, const Inviter& inviter,
                const Clock& clock, DeliveryOptions options, BulkFeed feed = nullptr)
      : database_(database),
        stores_(stores),
        inviter_(inviter),
        clock_(clock),
        options_(std::move(options)),
        feed_(std::move(feed)),
        presence_(database, "delivery", options_.owner, options_.presence) {}

  const DeliveryOptions& options() const { return options_; }

  // Leases due mails. Each is checked once more against what it carries, its contact and the
  // suppressed addresses; one that is not wanted any more is cancelled, or goes to the contact's
  // new address, as Inviter::Reconcile says.
  absl::StatusOr<std::vector<ClaimedMail>> Claim(LaneRoom room);

  // Has mails of bulk sends made, which are claimed already.
  struct FedMails {
    std::vector<ClaimedMail> mails;
    absl::Duration rest = absl::InfiniteDuration();
  };
  absl::StatusOr<FedMails> Feed(int limit);

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
  absl::Status Release(std::span<const ClaimedMail> mails);
  absl::Status ReleaseOwn();

  // The same, but they are due when it says.
  struct Delayed {
    ClaimedMail claimed;
    absl::Time due;
  };
  absl::Status PutOff(std::span<const Delayed> mails);

  // How long it is until a mail of the lanes for which there is room is due; half a minute at
  // most, since a lease of another process may run out without a sign.
  absl::StatusOr<absl::Duration> UntilNext(LaneRoom room);

  absl::StatusOr<int64_t> CountWaiting(Lane lane);

 private:
  absl::Status FollowClock() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status FollowClock(storage::Session& session, absl::Time now) const;
  MailLease NewLease(absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<OutgoingMail>> Claim(absl::Time now, const MailLease& lease,
                                                  LaneRoom room);
  absl::Status ReleaseBroken() ABSL_LOCKS_EXCLUDED(mutex_);
  void NoteBroken(const MailLease& lease) ABSL_LOCKS_EXCLUDED(mutex_);
  // Those that must not go out any more, and why.
  absl::StatusOr<std::map<std::string, std::string>> Unwanted(
      storage::Session& session, const std::vector<OutgoingMail>& leased) const;
  absl::Status Cancel(storage::Session& session, const std::vector<OutgoingMail>& leased,
                      const std::map<std::string, std::string>& unwanted) const;
  absl::Status CancelWithInvitation(storage::Session& session, const Message& message) const;

  storage::Database& database_;
  const Stores& stores_;
  const Inviter& inviter_;
  const Clock& clock_;
  const DeliveryOptions options_;
  const BulkFeed feed_;
  storage::Presence presence_;

  absl::Mutex mutex_;
  // When mail was last looked for.
  absl::Time looked_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time last_lease_end_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  // The leases of claims that failed, under which some mails may be.
  std::vector<MailLease> broken_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::invitation

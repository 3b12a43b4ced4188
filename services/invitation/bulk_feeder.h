#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "services/invitation/delivery_queue.h"
#include "services/invitation/facts.h"
#include "services/invitation/inviter.h"

namespace portico::invitation {

// Makes the mails of bulk sends, some at a time, when workers have room for them: a bulk send
// waits in its ledger, not in the queue of mails. Thread-safe.
class BulkFeeder {
 public:
  BulkFeeder(storage::Database& database, const Stores& stores, const Inviter& inviter,
             Defaults defaults, const Clock& clock)
      : database_(database),
        stores_(stores),
        inviter_(inviter),
        defaults_(std::move(defaults)),
        clock_(clock) {}

  // Mails the next of one bulk send, each call another's in turn: looks at up to `limit`
  // recipients once more, skips who may not be mailed any more, and queues the mails of the
  // others under the lease. None: there are none, or a bulk send was paused as too many of its
  // mails fail.
  absl::StatusOr<Fed> Feed(int limit, const MailLease& lease);

 private:
  // What a portion is made with.
  struct Portion {
    BulkSend bulk;
    std::vector<BulkLedger::Line> lines;
    std::map<std::string, Recipient> recipients;
    std::map<std::string, Invitation> latest;  // By contact.
    std::set<std::string> suppressed;
    Facts facts;
    BulkStore::Texts texts;
    std::optional<Template> text_template;  // Null where the texts are the bulk send's own.
    std::string subject;
  };
  // What becomes of it.
  struct Made {
    std::vector<Invitation> invitations;
    std::vector<std::string> token_hashes;  // For each.
    std::vector<OutgoingMail> mails;        // But for those that are queued for anyone.
  };

  std::string NextTurn(const std::vector<std::string>& due) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<OutgoingMail>> Feed(storage::Session& session, const std::string& id,
                                                 const std::vector<Draft>& drafts,
                                                 const MailLease& lease) const;
  absl::StatusOr<Portion> Gather(storage::Session& session, BulkSend bulk, size_t limit) const;
  absl::Status Mail(storage::Session& session, const Portion& portion, const Draft& draft,
                    BulkLedger::Line& line, Made& made) const;
  absl::StatusOr<Inviter::Letter> Letter(storage::Session& session, const Portion& portion,
                                         const AccountFacts& account, int64_t number) const;

  storage::Database& database_;
  const Stores& stores_;
  const Inviter& inviter_;
  const Defaults defaults_;
  const Clock& clock_;

  absl::Mutex mutex_;
  std::string last_turn_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::invitation

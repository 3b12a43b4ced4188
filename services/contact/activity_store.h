#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "libs/storage/message_table.h"
#include "portico/contact/v1/activity.pb.h"
#include "portico/contact/v1/contact_service.pb.h"

namespace portico::contact {

// What happened to contacts. That one was created is told by the contact itself and no row
// here, which spares every new contact one. Every call answers Session's errors.
class ActivityStore {
 public:
  // "act_…", rising with time.
  static std::string NewId(absl::Time time);

  explicit ActivityStore(const Clock& clock);

  // Something that happens now, done by whoever this thread works for.
  v1::Activity Now(const std::string& contact_id, v1::ActivityKind kind) const;

  absl::Status Add(storage::Session& session, const v1::Activity& activity) const {
    return table_.Insert(session, activity);
  }
  absl::Status AddAll(storage::Session& session, const std::vector<v1::Activity>& all) const {
    return table_.InsertAll(session, all);
  }
  // Of contacts of which some may have been merged into others meanwhile: then it stands in the
  // histories of those. What is of no contact at all is left out.
  absl::Status AddTold(storage::Session& session, std::vector<v1::Activity> activities) const;

  // Of all contacts that the account has by now, and of those that it gets from the loser.
  absl::Status AddAccountMerge(storage::Session& session, const std::string& loser_id,
                               const std::string& account_id) const;

  // A page of a contact's history, the latest first, those of contacts merged into it too.
  absl::StatusOr<v1::ListActivityResponse> List(storage::Session& session,
                                                const v1::Contact& contact, int32_t page_size,
                                                const std::string& page_token) const;

  // The loser's history stands in the winner's from now on.
  absl::Status Move(storage::Session& session, const v1::Contact& loser,
                    const std::string& winner_id) const;

  // Leaves what happened and when, but nothing that tells of the person.
  absl::Status Erase(storage::Session& session, const std::string& contact_id) const;

 private:
  const Clock& clock_;
  const storage::Table<v1::Activity> table_;
};

}  // namespace portico::contact

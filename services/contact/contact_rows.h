#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/events/event_log.h"
#include "libs/storage/message_table.h"
#include "portico/contact/v1/contact.pb.h"
#include "services/contact/activity_store.h"

namespace portico::contact {

// Contacts as rows, with what belongs to every change of one: a new etag and time, a note in its
// history, and an event. All of it within someone's transaction. Thread-safe. Besides the errors
// below, all answer Session's.
//
// A contact that was unlinked, merged into another or erased stays as a row.
class ContactRows {
 public:
  ContactRows(events::EventLog& events, const ActivityStore& activities, const Clock& clock);

  const storage::Table<v1::Contact>& table() const { return table_; }
  const ActivityStore& activities() const { return activities_; }
  events::EventLog& events() const { return events_; }

  // The row of that id itself. `field` is where the id was got, for errors.
  // NOT_FOUND: there is none.
  absl::StatusOr<v1::Contact> Get(storage::Session& session, const std::string& id,
                                  std::string_view field = "contact") const;

  // FAILED_PRECONDITION, CONTACT_MERGED or CONTACT_UNLINKED: no call changes the contact any more.
  static absl::Status CheckNotMerged(const v1::Contact& contact,
                                     std::string_view field = "contact");
  static absl::Status CheckLinked(const v1::Contact& contact, std::string_view field = "contact");

  // ALREADY_EXISTS, EXTERNAL_ID_TAKEN: `after` has another's external id. `field` is the contact's.
  absl::Status CheckExternalId(storage::Session& session, const v1::Contact& before,
                               const v1::Contact& after, std::string_view field = "contact") const;

  // Stamps and writes `after`, and notes what differs from `before` in its history.
  absl::Status Save(storage::Session& session, const v1::Contact& before, v1::Contact& after,
                    v1::Activity activity) const;

  template <class Event>
  absl::Status Publish(storage::Session& session, const v1::Contact& contact) const {
    Event event;
    *event.mutable_contact() = contact;
    return events_.Append(session, event, contact.id(), contact.account_id());
  }

  google::protobuf::Timestamp Now() const;
  // A new id, etag and time, and who made it.
  void StampCreated(v1::Contact& contact) const;
  void StampChanged(v1::Contact& contact) const;

 private:
  const storage::Table<v1::Contact> table_;
  events::EventLog& events_;
  const ActivityStore& activities_;
  const Clock& clock_;
};

}  // namespace portico::contact

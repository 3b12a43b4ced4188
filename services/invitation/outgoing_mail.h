#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/message_table.h"
#include "portico/invitation/v1/delivery.pb.h"
#include "services/invitation/template_text.h"

namespace portico::invitation {

using portico::invitation::v1::Message;

// What a mail is made from when its time comes.
struct MailContent {
  std::string sender_name;
  std::string template_id;
  int64_t template_version = 0;
  PlaceholderValues values;  // All but the link.
  std::string portal_url;
  std::string sealed_token;  // For the message's id; erased at the final state.
};

// Who goes first.
enum class Lane : int64_t {
  kAwaited = 0,  // What somebody waits for.
  kBulk = 1,
  kHeld = 2,  // Goes nowhere, as its bulk send is paused.
};

// Whether it is about an invitation, whose link it has.
bool CarriesLink(const Message& message);

// The Message-ID of a message; it stays the same over all attempts, so that a receiver can drop a
// second copy.
std::string MessageIdHeader(std::string_view id, std::string_view sender);

struct OutgoingMail {
  Message message;
  MailContent content;
  Lane lane = Lane::kAwaited;
  // The recipient of the bulk send whose present mail this is; 0 where it is none's.
  int64_t bulk_number = 0;
};

// Whose a mail is, and until when. A lease is told from a later one of the same owner by its end.
struct MailLease {
  std::string owner;
  absl::Time until;
};

// The table of messages, whose rows hold whole mails. Every call answers Session's errors.
class OutgoingMailTable {
 public:
  OutgoingMailTable();

  const storage::Table<Message>& messages() const { return messages_; }

  // Those that `rest` ("where …") finds, or that `update` ("update message set …") has changed.
  absl::StatusOr<std::vector<OutgoingMail>> List(storage::Session& session, std::string_view rest,
                                                 std::span<const storage::Value> arguments) const;
  absl::StatusOr<std::vector<OutgoingMail>> Change(storage::Session& session,
                                                   std::string_view update,
                                                   std::span<const storage::Value> arguments) const;

  absl::Status InsertAll(storage::Session& session, std::span<const OutgoingMail> mails,
                         const MailLease& lease) const;

 private:
  const storage::Table<Message> messages_;
};

}  // namespace portico::invitation

#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "libs/storage/database.h"
#include "libs/storage/request_log.h"
#include "services/invitation/facts.h"
#include "services/invitation/message_store.h"
#include "services/invitation/template_store.h"

namespace portico::invitation {

// What a template's mail would be, on the screen or as a mail to a member of staff. Its links are
// visibly none. Thread-safe.
class TemplatePreview {
 public:
  TemplatePreview(storage::Database& database, const TemplateStore& templates,
                  const MessageStore& messages, FactSource& facts, const Clock& clock)
      : database_(database),
        templates_(templates),
        messages_(messages),
        facts_(facts),
        clock_(clock),
        requests_(clock) {}

  // NOT_FOUND: there is no such template or contact. INVALID_ARGUMENT: the kind is not stated.
  // UNAVAILABLE and the like: the contact or the account service is away.
  absl::StatusOr<portico::invitation::v1::PreviewTemplateResponse> Show(
      const portico::invitation::v1::PreviewTemplateRequest& request);

  // Queues the mail. NOT_FOUND, UNAVAILABLE and the like: as in Show.
  // INVALID_ARGUMENT: the recipient is no address. ALREADY_EXISTS: the request id was used with
  // other content.
  absl::StatusOr<Message> SendTest(const portico::invitation::v1::SendTestMessageRequest& request);

 private:
  // Whom a mail would be to, and from.
  struct Addressee {
    PlaceholderValues values;
    mail::Mailbox sender;
  };

  absl::StatusOr<Template> Find(const std::string& id);
  // What the placeholders of the template stand for: of a contact, or else made up.
  absl::StatusOr<Addressee> Address(const Template& text, const std::string& contact_id,
                                    bool needs_sender);
  absl::StatusOr<Message> Queue(const portico::invitation::v1::SendTestMessageRequest& request,
                                const OutgoingMail& mail);

  storage::Database& database_;
  const TemplateStore& templates_;
  const MessageStore& messages_;
  FactSource& facts_;
  const Clock& clock_;
  const storage::RequestLog requests_;
};

}  // namespace portico::invitation

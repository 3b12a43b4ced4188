#pragma once

#include "services/invitation/decision_store.h"
#include "services/invitation/invitation_store.h"
#include "services/invitation/message_store.h"
#include "services/invitation/recipient_store.h"
#include "services/invitation/suppression_store.h"
#include "services/invitation/template_store.h"

namespace portico::invitation {

// All that the service keeps, each with the SQL of its own tables. Thread-safe.
struct Stores {
  Stores(events::EventLog& events, MailSignal& signal, const Clock& clock)
      : invitations(events), decisions(events), templates(clock), messages(signal) {}

  const RecipientStore recipients{};
  const SuppressionStore suppressions{};
  const InvitationStore invitations;
  const DecisionStore decisions;
  const TemplateStore templates;
  const MessageStore messages;
};

}  // namespace portico::invitation

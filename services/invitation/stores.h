#pragma once

#include "services/invitation/bulk_ledger.h"
#include "services/invitation/bulk_store.h"
#include "services/invitation/decision_store.h"
#include "services/invitation/delivery_report_store.h"
#include "services/invitation/delivery_store.h"
#include "services/invitation/invitation_store.h"
#include "services/invitation/known_accounts.h"
#include "services/invitation/message_store.h"
#include "services/invitation/recipient_groups.h"
#include "services/invitation/recipient_store.h"
#include "services/invitation/stale_recipients.h"
#include "services/invitation/suppression_store.h"
#include "services/invitation/template_store.h"

namespace portico::invitation {

// All that the service keeps, each with the SQL of its own tables. Thread-safe.
struct Stores {
  Stores(events::EventLog& events, CommitSignal& signal, CommitSignal& stale_signal,
         const Clock& clock)
      : stale(stale_signal),
        accounts(stale),
        recipients(stale),
        suppressions(stale),
        invitations(events, stale),
        decisions(events),
        templates(clock),
        messages(signal),
        deliveries(signal) {}

  const StaleRecipients stale;
  const KnownAccounts accounts;
  const RecipientStore recipients;
  const RecipientGroups groups{};
  const SuppressionStore suppressions;
  const DeliveryReportStore reports{};
  const InvitationStore invitations;
  const DecisionStore decisions;
  const TemplateStore templates;
  const MessageStore messages;
  const DeliveryStore deliveries;
  const BulkStore bulk_sends{};
  const BulkLedger ledger{};
};

}  // namespace portico::invitation

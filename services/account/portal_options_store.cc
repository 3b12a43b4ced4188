#include "services/account/portal_options_store.h"

#include <google/protobuf/util/message_differencer.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/rpc/update.h"
#include "portico/account/v1/account_events.pb.h"
#include "services/account/resource_stamp.h"
#include "services/account/setup_rules.h"

namespace portico::account {

using v1::PortalOptions;

namespace {

// There is one set of options, so this stands for its id in events.
constexpr char kSubject[] = "portal_options";

}  // namespace

PortalOptionsStore::PortalOptionsStore(storage::Database& database, events::EventLog& events,
                                       const Clock& clock)
    : table_("portal_options", {"portal_url",
                                "display_service_history",
                                "display_ar_history",
                                "display_aging_buckets",
                                "display_login_terms",
                                "display_current_services",
                                "display_service_quantity",
                                "display_third_party_invoices",
                                "guest_payment_enabled",
                                "auto_pay_max_minor",
                                "entry_page",
                                "invitation_from_email",
                                "invitation_template_id",
                                "address_request_enabled",
                                "address_found_template_id",
                                "login_request_enabled",
                                "login_message_html",
                                "login_terms_html",
                                "payment_terms_html",
                                "login_graphic_url",
                                "invoice_quick_pay_url",
                                "quick_request_url",
                                "invoice_recency_days",
                                "invitation_lifetime",
                                "reminder_schedule",
                                "lockout_threshold",
                                "lockout_duration",
                                "update_time",
                                "etag"}),
      database_(database),
      events_(events),
      clock_(clock) {}

absl::StatusOr<PortalOptions> PortalOptionsStore::Get() {
  return database_.Read([this](storage::Session& session) { return Get(session); });
}

absl::StatusOr<PortalOptions> PortalOptionsStore::Get(storage::Session& session) const {
  ASSIGN_OR_RETURN(auto stored, table_.FindBy(session, ""));
  if (stored.has_value()) return *std::move(stored);
  PortalOptions defaults;
  RETURN_IF_ERROR(Complete(defaults));
  defaults.set_etag("0");
  return defaults;
}

events::SnapshotKind PortalOptionsStore::Snapshot() const {
  return {v1::PortalOptionsUpdated::descriptor()->full_name(),
          [this](storage::Session& session, const std::string& after,
                 int) -> absl::StatusOr<std::vector<events::State>> {
            std::vector<events::State> states;
            if (!after.empty()) return states;
            auto event = std::make_unique<v1::PortalOptionsUpdated>();
            ASSIGN_OR_RETURN(*event->mutable_portal_options(), Get(session));
            states.push_back({.key = kSubject,
                              .payload = std::move(event),
                              .subject = kSubject,
                              .partition = kSubject});
            return states;
          }};
}

absl::StatusOr<PortalOptions> PortalOptionsStore::Update(const PortalOptions& patch,
                                                         const google::protobuf::FieldMask& mask) {
  return database_.Write([&](storage::Session& session) -> absl::StatusOr<PortalOptions> {
    ASSIGN_OR_RETURN(const PortalOptions before, Get(session));
    PortalOptions after = before;
    RETURN_IF_ERROR(rpc::ApplyUpdate("portal_options", patch, mask, after));
    RETURN_IF_ERROR(Complete(after));
    if (google::protobuf::util::MessageDifferencer::Equals(before, after)) return before;
    StampChange(after, clock_.Now());
    RETURN_IF_ERROR(session.Execute("delete from portal_options").status());
    RETURN_IF_ERROR(table_.Insert(session, after));
    v1::PortalOptionsUpdated event;
    *event.mutable_portal_options() = after;
    RETURN_IF_ERROR(events_.Append(session, event, kSubject, kSubject));
    return after;
  });
}

}  // namespace portico::account

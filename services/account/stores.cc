#include "services/account/stores.h"

#include <string>

#include "portico/account/v1/account_events.pb.h"
#include "services/account/account_rules.h"
#include "services/account/address_key.h"
#include "services/account/change_admission.h"
#include "services/account/class_defaults.h"
#include "services/account/invoice_rules.h"
#include "services/account/merged_accounts.h"
#include "services/account/setup_rules.h"

namespace portico::account {
namespace {

using v1::Account;
using v1::AccountClass;
using v1::AccountCreated;
using v1::AccountUpdated;
using v1::Division;
using v1::Invoice;
using v1::InvoiceSaved;
using v1::Site;
using v1::SiteCreated;
using v1::SiteUpdated;

template <class M>
const std::string& OwnId(const M& resource) {
  return resource.id();
}

// A kind of setup: unique by its name, referring to nothing, with one event.
template <class M, class Saved>
ResourceKind<M> SetupKind(IdKind id, const std::string& table,
                          std::initializer_list<std::string_view> fields) {
  return {.id = id,
          .table = storage::Table<M>(table, fields),
          .constraints = {.table = table, .unique = {{"display_name", ""}}, .references = {}},
          .complete = Complete,
          .partition = OwnId<M>,
          .created = Saved::default_instance(),
          .updated = Saved::default_instance(),
          .set_defaults = SetDefaults};
}

// The kinds that are no more than a name.
template <class M, class Saved>
ResourceKind<M> NameKind(IdKind id, const std::string& table) {
  return SetupKind<M, Saved>(
      id, table, {"id", "display_name", "active", "create_time", "update_time", "etag"});
}

ResourceKind<Division> DivisionKind() {
  return SetupKind<Division, v1::DivisionSaved>(
      IdKind::kDivision, "division",
      {"id", "display_name", "email", "active", "create_time", "update_time", "etag"});
}

ResourceKind<AccountClass> AccountClassKind() {
  return SetupKind<AccountClass, v1::AccountClassSaved>(IdKind::kAccountClass, "account_class",
                                                        {"id",
                                                         "display_name",
                                                         "default_credit_limit_minor",
                                                         "default_terms",
                                                         "default_rebate_payment_type",
                                                         "default_bill_by_site",
                                                         "gl_segment",
                                                         "portal.access_enabled",
                                                         "portal.home_page",
                                                         "portal.add_sites_enabled",
                                                         "portal.new_location_template",
                                                         "portal.new_location_bundle",
                                                         "portal.on_call_orders_enabled",
                                                         "portal.report_access_enabled",
                                                         "portal.inactive_site_viewing",
                                                         "portal.show_work_order_photos",
                                                         "portal.show_work_order_attachments",
                                                         "portal.auto_send_invitation",
                                                         "portal.invoice_verified_registration",
                                                         "portal.registration_approval_required",
                                                         "active",
                                                         "create_time",
                                                         "update_time",
                                                         "etag"});
}

ResourceKind<Account> AccountKind() {
  return {.id = IdKind::kAccount,
          .table = {"account",
                    {"id",
                     "number",
                     "display_name",
                     "division_id",
                     "account_class_id",
                     "bill_group_id",
                     "account_source_id",
                     "status",
                     "address.lines",
                     "address.city",
                     "address.region",
                     "address.postal_code",
                     "address.country_code",
                     "phone",
                     "terms",
                     "account_manager",
                     "billing_cycle",
                     "billed_through_date",
                     "invoice_delivery",
                     "automatic_payment",
                     "balance_due.currency_code",
                     "balance_due.amount_minor",
                     "active_service_count",
                     "external_id",
                     "create_time",
                     "update_time",
                     "etag",
                     "merged_into_id"}},
          .constraints = {.table = "account",
                          .unique = {{"number", ""}, {"external_id", ""}},
                          .references = {{"division_id", "division"},
                                         {"account_class_id", "account_class"},
                                         {"bill_group_id", "bill_group"},
                                         {"account_source_id", "account_source"}}},
          .complete = Complete,
          .partition = OwnId<Account>,
          .created = AccountCreated::default_instance(),
          .updated = AccountUpdated::default_instance(),
          .admit = Admit,
          .fill_in = FillIn,
          .where_id = kWhereIdOrMerged};
}

// By which sites are found, and the version of the site that it is of.
std::vector<std::string> AddressKeyColumns(const google::protobuf::Message& message) {
  const auto& site = static_cast<const Site&>(message);
  return {AddressKey(site.address()), site.etag()};
}

ResourceKind<Site> SiteKind() {
  return {.id = IdKind::kSite,
          .table = {"site",
                    {"id", "account_id", "number", "display_name", "address.lines", "address.city",
                     "address.region", "address.postal_code", "address.country_code", "county",
                     "phone", "site_source_id", "status", "active_service_count", "external_id",
                     "create_time", "update_time", "etag"},
                    {.names = {"address_key", "address_key_etag"}, .derive = AddressKeyColumns}},
          .constraints = {.table = "site",
                          .unique = {{"number", "account_id"}, {"external_id", ""}},
                          .references = {{"site_source_id", "site_source"}}},
          .complete = Complete,
          .partition = [](const Site& site) -> const std::string& { return site.account_id(); },
          .created = SiteCreated::default_instance(),
          .updated = SiteUpdated::default_instance(),
          .set_defaults = SetDefaults,
          .admit = Admit};
}

ResourceKind<Invoice> InvoiceKind() {
  return {.id = IdKind::kInvoice,
          .table = {"invoice",
                    {"id", "account_id", "number", "quick_pay_code", "issue_date", "due_date",
                     "amount.currency_code", "amount.amount_minor", "balance.currency_code",
                     "balance.amount_minor", "external_id", "create_time", "update_time", "etag"}},
          .constraints = {.table = "invoice",
                          .unique = {{"number", ""}, {"external_id", ""}},
                          .references = {}},
          .complete = Complete,
          .partition = [](const Invoice& invoice) -> const std::string& {
            return invoice.account_id();
          },
          .created = InvoiceSaved::default_instance(),
          .updated = InvoiceSaved::default_instance(),
          .check_time = CheckIssueDate,
          // Whoever knows it counts as having the invoice.
          .conceal = [](Invoice& invoice) { invoice.clear_quick_pay_code(); }};
}

}  // namespace

Stores::Stores(storage::Database& database_in, events::EventLog& events, const Clock& clock)
    : database(database_in),
      divisions(DivisionKind(), database, events, clock),
      account_classes(AccountClassKind(), database, events, clock),
      bill_groups(NameKind<v1::BillGroup, v1::BillGroupSaved>(IdKind::kBillGroup, "bill_group"),
                  database, events, clock),
      account_sources(NameKind<v1::AccountSource, v1::AccountSourceSaved>(IdKind::kAccountSource,
                                                                          "account_source"),
                      database, events, clock),
      site_sources(
          NameKind<v1::SiteSource, v1::SiteSourceSaved>(IdKind::kSiteSource, "site_source"),
          database, events, clock),
      accounts(AccountKind(), database, events, clock),
      sites(SiteKind(), database, events, clock),
      invoices(InvoiceKind(), database, events, clock),
      portal_options(database, events, clock) {}

events::Snapshot Stores::Snapshot() const {
  return {divisions.Snapshot(),       account_classes.Snapshot(), bill_groups.Snapshot(),
          account_sources.Snapshot(), site_sources.Snapshot(),    portal_options.Snapshot(),
          accounts.Snapshot(),        sites.Snapshot(),           invoices.Snapshot()};
}

}  // namespace portico::account

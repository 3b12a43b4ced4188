#include "tools/cli/recipient_filter.h"

#include <CLI/CLI.hpp>

namespace portico::cli {

void FilterFlags::Declare(CLI::App& command, bool is_required) {
  CLI::Option* division = command.add_option("--division", *filter_.mutable_division_id(),
                                             "Contacts of this division's accounts, div_….");
  division->required(is_required);
  const auto with = [&](const char* flag, std::string* value, const char* meaning) {
    command.add_option(flag, *value, meaning)->needs(division);
  };
  with("--class", filter_.mutable_account_class_id(), "Only of this account class, cls_….");
  with("--bill-group", filter_.mutable_bill_group_id(), "Only of this bill group, bgr_….");
  with("--account-source", filter_.mutable_account_source_id(),
       "Only of accounts that come from here, asr_….");
  with("--site-source", filter_.mutable_site_source_id(),
       "Only of sites that come from here, ssr_….");
  const auto only = [&](const char* flag, bool* value, const char* meaning) {
    command.add_flag(flag, *value, meaning)->needs(division);
  };
  only("--active-service", &active_service_, "Only of accounts with an active service.");
  only("--balance-due", &balance_due_, "Only of accounts with a balance due.");
  only("--billing-contacts", &billing_contacts_, "Only billing contacts.");
  only("--no-automatic-payment", &no_automatic_payment_,
       "Only of accounts without automatic payment.");
  only("--include-invited", &include_invited_,
       "Mail those too that were invited and have not accepted.");
}

invitation::v1::RecipientFilter FilterFlags::Filter() const {
  invitation::v1::RecipientFilter filter = filter_;
  filter.set_with_active_service(active_service_);
  filter.set_with_balance_due(balance_due_);
  filter.set_only_billing_contacts(billing_contacts_);
  filter.set_without_automatic_payment(no_automatic_payment_);
  filter.set_include_invited(include_invited_);
  return filter;
}

}  // namespace portico::cli

#include "services/account/setup_rules.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <string>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/rpc/errors.h"
#include "services/account/http_url.h"

namespace portico::account {
namespace {

using google::protobuf::Duration;
using google::protobuf::util::TimeUtil;
using v1::AccountClass;
using v1::AccountSource;
using v1::BillGroup;
using v1::Division;
using v1::PortalOptions;
using v1::SiteSource;

constexpr int kDefaultInvoiceRecencyDays = 90;
constexpr int kDefaultInvitationDays = 14;
constexpr int kDefaultLockoutThreshold = 10;
constexpr int kDefaultLockoutMinutes = 15;
constexpr int64_t kLongestDays = 3650;

template <class Resource>
void ActiveUnlessSaid(Resource& resource) {
  if (!resource.has_active()) resource.set_active(true);
}

template <class Resource>
absl::Status CheckActive(const std::string& field, const Resource& resource) {
  return resource.has_active() ? absl::OkStatus()
                               : rpc::InvalidField(field, "got nothing, want true or false");
}

// An empty address is one that is not there, which the field rules judge.
void CheckEmail(const std::string& field, std::string& email, rpc::FieldErrors& errors) {
  if (email.empty()) return;
  email = mail::NormalizeAddress(email);
  if (!mail::IsValidAddress(email)) {
    errors.Add(field, absl::StrCat("got ", rpc::Quoted(email), ", want an e-mail address"));
  }
}

void CheckUrl(const std::string& field, const std::string& url, rpc::FieldErrors& errors) {
  if (!url.empty() && !IsHttpUrl(url)) {
    errors.Add(field, absl::StrCat("got ", rpc::Quoted(url),
                                   ", want a URL that starts with http:// or https://"));
  }
}

// Mailed links are made by appending to it, so nothing may follow its path.
void CheckPortalUrl(const std::string& url, rpc::FieldErrors& errors) {
  if (url.find_first_of("?#") != std::string::npos) {
    errors.Add("portal_options.portal_url",
               absl::StrCat("got ", rpc::Quoted(url), ", want a URL without ? and #"));
  } else {
    CheckUrl("portal_options.portal_url", url, errors);
  }
}

void CheckDuration(const std::string& field, const Duration& duration, rpc::FieldErrors& errors) {
  if (duration <= Duration() || duration > TimeUtil::HoursToDuration(24 * kLongestDays) ||
      duration.nanos() != 0) {
    errors.Add(field, absl::StrCat("got ", duration.seconds(), " seconds and ", duration.nanos(),
                                   " nanoseconds, want whole seconds, more than none and at most ",
                                   kLongestDays, " days"));
  }
}

void CheckReminders(const PortalOptions& options, rpc::FieldErrors& errors) {
  Duration before;
  for (int i = 0; i < options.reminder_schedule_size(); ++i) {
    const Duration& reminder = options.reminder_schedule(i);
    const std::string field = absl::StrCat("portal_options.reminder_schedule[", i, "]");
    CheckDuration(field, reminder, errors);
    if (i > 0 && reminder <= before) {
      errors.Add(field, absl::StrCat("got ", reminder.seconds(),
                                     " seconds, want more than the reminder before"));
    }
    before = reminder;
  }
}

void SetDefaults(PortalOptions& options) {
  if (options.entry_page() == v1::ENTRY_PAGE_UNSPECIFIED) {
    options.set_entry_page(v1::ENTRY_PAGE_SIGN_IN);
  }
  if (options.invoice_recency_days() == 0) {
    options.set_invoice_recency_days(kDefaultInvoiceRecencyDays);
  }
  if (!options.has_invitation_lifetime()) {
    *options.mutable_invitation_lifetime() = TimeUtil::HoursToDuration(24 * kDefaultInvitationDays);
  }
  if (options.lockout_threshold() == 0) options.set_lockout_threshold(kDefaultLockoutThreshold);
  if (!options.has_lockout_duration()) {
    *options.mutable_lockout_duration() = TimeUtil::MinutesToDuration(kDefaultLockoutMinutes);
  }
}

}  // namespace

void SetDefaults(Division& division) { ActiveUnlessSaid(division); }

absl::Status Complete(Division& division) {
  RETURN_IF_ERROR(CheckActive("division.active", division));
  rpc::FieldErrors errors;
  CheckEmail("division.email", *division.mutable_email(), errors);
  return errors.ToStatus();
}

void SetDefaults(AccountClass& account_class) { ActiveUnlessSaid(account_class); }

absl::Status Complete(AccountClass& account_class) {
  auto& portal = *account_class.mutable_portal();
  if (portal.home_page() == v1::HOME_PAGE_UNSPECIFIED) {
    portal.set_home_page(v1::HOME_PAGE_STANDARD);
  }
  if (portal.inactive_site_viewing() == v1::INACTIVE_SITE_VIEWING_UNSPECIFIED) {
    portal.set_inactive_site_viewing(v1::INACTIVE_SITE_VIEWING_NO);
  }
  return CheckActive("account_class.active", account_class);
}

void SetDefaults(BillGroup& bill_group) { ActiveUnlessSaid(bill_group); }

absl::Status Complete(BillGroup& bill_group) {
  return CheckActive("bill_group.active", bill_group);
}

void SetDefaults(AccountSource& account_source) { ActiveUnlessSaid(account_source); }

absl::Status Complete(AccountSource& account_source) {
  return CheckActive("account_source.active", account_source);
}

void SetDefaults(SiteSource& site_source) { ActiveUnlessSaid(site_source); }

absl::Status Complete(SiteSource& site_source) {
  return CheckActive("site_source.active", site_source);
}

absl::Status Complete(PortalOptions& options) {
  SetDefaults(options);
  rpc::FieldErrors errors;
  CheckPortalUrl(options.portal_url(), errors);
  CheckEmail("portal_options.invitation_from_email", *options.mutable_invitation_from_email(),
             errors);
  CheckUrl("portal_options.login_graphic_url", options.login_graphic_url(), errors);
  CheckUrl("portal_options.invoice_quick_pay_url", options.invoice_quick_pay_url(), errors);
  CheckUrl("portal_options.quick_request_url", options.quick_request_url(), errors);
  CheckDuration("portal_options.invitation_lifetime", options.invitation_lifetime(), errors);
  CheckReminders(options, errors);
  CheckDuration("portal_options.lockout_duration", options.lockout_duration(), errors);
  return errors.ToStatus();
}

}  // namespace portico::account

#include "services/account/enrollment_links.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "services/account/enrollment_token.h"
#include "services/account/invoice_rules.h"

namespace portico::account {

absl::StatusOr<v1::CreateEnrollmentLinkResponse> EnrollmentLinks::Create(
    const std::string& invoice_id) {
  ASSIGN_OR_RETURN(const v1::Invoice invoice, stores_.invoices.Get(invoice_id));
  ASSIGN_OR_RETURN(const v1::PortalOptions options, stores_.portal_options.Get());
  const RecentTime recent = RecentTimeOf(invoice, options.invoice_recency_days());
  const absl::Time now = clock_.Now();
  if (now < recent.from) {
    return rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition, "INVOICE_NOT_ISSUED",
                                absl::StrCat("invoice: got one that is issued on ",
                                             invoice.issue_date(), ", want one that is issued"));
  }
  if (!recent.Has(now)) {
    return rpc::ErrorWithReason(
        absl::StatusCode::kFailedPrecondition, "INVOICE_TOO_OLD",
        absl::StrCat("invoice: got one issued on ", invoice.issue_date(), ", want one of the last ",
                     options.invoice_recency_days(), " days"));
  }
  std::string portal_url =
      options.portal_url().empty() ? default_portal_url_ : options.portal_url();
  while (portal_url.ends_with('/')) portal_url.pop_back();

  v1::CreateEnrollmentLinkResponse response;
  // In the fragment, so that it reaches no server's log.
  response.set_url(absl::StrCat(
      portal_url, "/enroll#token=",
      MakeEnrollmentToken(signer_, {.invoice_id = invoice.id(), .expire_time = recent.until})));
  *response.mutable_expire_time() =
      google::protobuf::util::TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(recent.until));
  return response;
}

}  // namespace portico::account

#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <utility>

#include "libs/auth/signer.h"
#include "libs/base/clock.h"
#include "portico/account/v1/invoice.pb.h"
#include "services/account/stores.h"

namespace portico::account {

// Makes the links of invoices that lead to the portal's enrollment. Thread-safe.
class EnrollmentLinks {
 public:
  // `default_portal_url` counts while the portal options name none.
  EnrollmentLinks(Stores& stores, const auth::Signer& signer, std::string default_portal_url,
                  const Clock& clock)
      : stores_(stores),
        signer_(signer),
        default_portal_url_(std::move(default_portal_url)),
        clock_(clock) {}

  // NOT_FOUND: there is no invoice with this id.
  // FAILED_PRECONDITION with reason INVOICE_TOO_OLD or INVOICE_NOT_ISSUED: its link would be of no
  // use.
  absl::StatusOr<v1::CreateEnrollmentLinkResponse> Create(const std::string& invoice_id);

 private:
  Stores& stores_;
  const auth::Signer& signer_;
  const std::string default_portal_url_;
  const Clock& clock_;
};

}  // namespace portico::account

#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "libs/base/clock.h"
#include "libs/rpc/server.h"
#include "portico/account/v1/invoice.pb.h"
#include "services/account/enrollment_links.h"
#include "services/account/invoice_verifier.h"
#include "services/account/stores.h"

namespace portico::account {

// Serves portico.account.v1.InvoiceService.
class InvoiceService {
 public:
  InvoiceService(Stores& stores, InvoiceVerifier& verifier, EnrollmentLinks& links,
                 const Clock& clock)
      : stores_(stores), verifier_(verifier), links_(links), clock_(clock) {}

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<std::unique_ptr<rpc::Exchange>> ImportInvoices(rpc::Call& call);
  absl::StatusOr<v1::GetInvoiceResponse> GetInvoice(rpc::Call& call,
                                                    const v1::GetInvoiceRequest& request);
  absl::StatusOr<v1::ListInvoicesResponse> ListInvoices(rpc::Call& call,
                                                        const v1::ListInvoicesRequest& request);
  absl::StatusOr<v1::VerifyInvoiceResponse> VerifyInvoice(rpc::Call& call,
                                                          const v1::VerifyInvoiceRequest& request);
  absl::StatusOr<v1::CreateEnrollmentLinkResponse> CreateEnrollmentLink(
      rpc::Call& call, const v1::CreateEnrollmentLinkRequest& request);

  Stores& stores_;
  InvoiceVerifier& verifier_;
  EnrollmentLinks& links_;
  const Clock& clock_;
};

}  // namespace portico::account

#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <optional>

#include "libs/auth/signer.h"
#include "libs/base/clock.h"
#include "portico/account/v1/invoice.pb.h"
#include "services/account/invoice_evidence.h"
#include "services/account/stores.h"

namespace portico::account {

// What `proof` proves of the evidence at `now`. `token_expire_time` is that of the proof's token,
// if it has one that is ours. Does the same work whatever is wrong.
v1::VerifyInvoiceResponse Judge(const v1::VerifyInvoiceRequest& proof,
                                const InvoiceEvidence& evidence,
                                const std::optional<absl::Time>& token_expire_time, absl::Time now);

// Tells whether somebody has an invoice. Thread-safe.
class InvoiceVerifier {
 public:
  InvoiceVerifier(Stores& stores, const auth::Signer& signer, const Clock& clock)
      : stores_(stores), signer_(signer), clock_(clock) {}

  // INVALID_ARGUMENT: the proof is missing, or the number that it needs.
  absl::StatusOr<v1::VerifyInvoiceResponse> Verify(const v1::VerifyInvoiceRequest& request);

 private:
  Stores& stores_;
  const auth::Signer& signer_;
  const Clock& clock_;
};

}  // namespace portico::account

#include "services/account/invoice_verifier.h"

#include <absl/strings/ascii.h>

#include <string>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "services/account/enrollment_token.h"
#include "services/account/invoice_rules.h"

namespace portico::account {

using v1::VerifyInvoiceRequest;
using v1::VerifyInvoiceResponse;

VerifyInvoiceResponse Judge(const VerifyInvoiceRequest& proof, const InvoiceEvidence& evidence,
                            const std::optional<absl::Time>& token_expire_time, absl::Time now) {
  bool right = token_expire_time.has_value();
  if (proof.has_quick_pay_code()) {
    right = IsSameCode(proof.quick_pay_code(), evidence.invoice.quick_pay_code());
  } else if (proof.has_account_number()) {
    for (const std::string& number : evidence.account_numbers) {
      right |= IsSameNumber(proof.account_number(), number);
    }
  }
  const bool recent = RecentTimeOf(evidence.invoice, evidence.recency_days).Has(now) &&
                      now < token_expire_time.value_or(absl::InfiniteFuture());

  VerifyInvoiceResponse response;
  if (evidence.found) response.set_named_invoice_id(evidence.invoice.id());
  if (evidence.found && right && recent) {
    response.set_verified(true);
    *response.mutable_invoice() = evidence.invoice;
    response.mutable_invoice()->clear_quick_pay_code();
    *response.mutable_account() = evidence.account;
  } else if (proof.has_enrollment_token() && !right) {
    response.set_refusal(v1::INVOICE_REFUSAL_WRONG_PROOF);
  } else if (!evidence.found) {
    response.set_refusal(v1::INVOICE_REFUSAL_UNKNOWN);
  } else {
    response.set_refusal(right ? v1::INVOICE_REFUSAL_TOO_OLD : v1::INVOICE_REFUSAL_WRONG_PROOF);
  }
  return response;
}

absl::StatusOr<VerifyInvoiceResponse> InvoiceVerifier::Verify(const VerifyInvoiceRequest& request) {
  if (request.proof_case() == VerifyInvoiceRequest::PROOF_NOT_SET) {
    return rpc::InvalidField(
        "proof", "got nothing, want a quick pay code, an account number or an enrollment token");
  }
  const bool by_token = request.has_enrollment_token();
  // Copied with blanks round it, such as from a mail.
  std::string value(absl::StripAsciiWhitespace(request.number()));
  if (!by_token && value.empty()) {
    return rpc::InvalidField("number", "got nothing, want the number of the invoice");
  }
  std::optional<absl::Time> token_expire_time;
  if (by_token) {
    const auto enrollment = ReadEnrollmentToken(signer_, request.enrollment_token());
    value = enrollment.has_value() ? enrollment->invoice_id : "";
    if (enrollment.has_value()) token_expire_time = enrollment->expire_time;
  }
  ASSIGN_OR_RETURN(
      const InvoiceEvidence evidence, stores_.database.Read([&](storage::Session& session) {
        return ReadInvoiceEvidence(session, stores_, by_token ? "id" : "number", value);
      }));
  return Judge(request, evidence, token_expire_time, clock_.Now());
}

}  // namespace portico::account

#include "services/account/invoice_service.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "libs/base/status_macros.h"
#include "libs/storage/page_query.h"
#include "services/account/import_stream.h"
#include "services/account/merge_moves.h"

namespace portico::account {

void InvoiceService::Register(rpc::Server& server) {
  server.HandleExchange<v1::ImportInvoicesRequest>(this, &InvoiceService::ImportInvoices);
  server.Handle(this, &InvoiceService::GetInvoice);
  server.Handle(this, &InvoiceService::ListInvoices);
  server.Handle(this, &InvoiceService::VerifyInvoice);
  server.Handle(this, &InvoiceService::CreateEnrollmentLink);
}

absl::StatusOr<std::unique_ptr<rpc::Exchange>> InvoiceService::ImportInvoices(rpc::Call&) {
  return NewImport<v1::ImportInvoicesRequest, v1::ImportInvoicesResponse>(
      stores_.database, stores_.invoices, clock_, {});
}

absl::StatusOr<v1::GetInvoiceResponse> InvoiceService::GetInvoice(
    rpc::Call&, const v1::GetInvoiceRequest& request) {
  using Response = v1::GetInvoiceResponse;
  return stores_.database.Read([&](storage::Session& session) -> absl::StatusOr<Response> {
    Response response;
    ASSIGN_OR_RETURN(*response.mutable_invoice(), stores_.invoices.Get(session, request.id()));
    ASSIGN_OR_RETURN(const MergeMoves moves, MergeMoves::Read(session));
    moves.Resolve(*response.mutable_invoice());
    return response;
  });
}

absl::StatusOr<v1::ListInvoicesResponse> InvoiceService::ListInvoices(
    rpc::Call&, const v1::ListInvoicesRequest& request) {
  using Response = v1::ListInvoicesResponse;
  return stores_.database.Read([&](storage::Session& session) -> absl::StatusOr<Response> {
    ASSIGN_OR_RETURN(const MergeMoves moves, MergeMoves::Read(session));
    storage::PageQuery query(absl::StrCat("invoices of ", request.account_id()));
    if (!request.account_id().empty()) {
      ASSIGN_OR_RETURN(auto of_account, moves.OfAccount(session, request.account_id()));
      query.Narrow(std::move(of_account));
    }
    query.Where("number = :number", request.number());
    ASSIGN_OR_RETURN(auto page, stores_.invoices.List(session, query, request));
    Response response;
    for (v1::Invoice& invoice : page.rows) {
      moves.Resolve(invoice);
      *response.add_invoices() = std::move(invoice);
    }
    response.set_next_page_token(page.next_page_token);
    return response;
  });
}

absl::StatusOr<v1::VerifyInvoiceResponse> InvoiceService::VerifyInvoice(
    rpc::Call&, const v1::VerifyInvoiceRequest& request) {
  return verifier_.Verify(request);
}

absl::StatusOr<v1::CreateEnrollmentLinkResponse> InvoiceService::CreateEnrollmentLink(
    rpc::Call&, const v1::CreateEnrollmentLinkRequest& request) {
  return links_.Create(request.id());
}

}  // namespace portico::account

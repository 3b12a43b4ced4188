#include "services/contact/import_service.h"

#include "services/contact/contact_import.h"

namespace portico::contact {

void ImportService::Register(rpc::Server& server) {
  server.HandleExchange<v1::ImportContactsRequest>(this, &ImportService::ImportContacts);
}

absl::StatusOr<std::unique_ptr<rpc::Exchange>> ImportService::ImportContacts(rpc::Call&) {
  return std::make_unique<ContactImport>(upsert_, account_service_);
}

}  // namespace portico::contact

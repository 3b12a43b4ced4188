#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/session.h"
#include "portico/account/v1/account.pb.h"
#include "portico/account/v1/invoice.pb.h"
#include "services/account/stores.h"

namespace portico::account {

// What there is to know of an invoice, to prove something with it.
struct InvoiceEvidence {
  bool found = false;  // Else all below is of another invoice, if there is one.
  v1::Invoice invoice;
  v1::Account account;
  // The account's, and those of accounts that were merged into it: what is printed on an invoice
  // may be older than the merge.
  std::vector<std::string> account_numbers;
  int32_t recency_days = 0;
};

// Looks for the invoice whose `field`, "number" or "id", is `value`. Where there is none it reads
// another one instead, so that it does the same work.
absl::StatusOr<InvoiceEvidence> ReadInvoiceEvidence(storage::Session& session, const Stores& stores,
                                                    std::string_view field,
                                                    const std::string& value);

}  // namespace portico::account

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "portico/account/v1/account.pb.h"
#include "portico/contact/v1/contact_service.pb.h"

namespace portico::bench {

// What every account of an import refers to.
struct AccountSetup {
  std::string division_id;
  std::vector<std::string> account_class_ids;
  std::vector<std::string> bill_group_ids;  // None: without.
};

// Fill row number n, counted from 0: the same row for the same number. Contacts stand by their
// accounts, ten to each, as they come out of a company's own system.
void FillRow(uint64_t n, const AccountSetup& setup, account::v1::ImportAccountRow& row);
void FillRow(uint64_t n, contact::v1::ImportContactRow& row);

}  // namespace portico::bench

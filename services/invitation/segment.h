#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "portico/account/v1/account.pb.h"
#include "portico/invitation/v1/recipient.pb.h"
#include "services/invitation/recipient_store.h"

namespace portico::invitation {

// All that a filter can ask of a contact but for where it stands. There are few different ones,
// so contacts are counted by them.
struct Segment {
  std::string division_id;
  std::string account_class_id;
  std::string bill_group_id;
  std::string account_source_id;
  std::string site_source_ids;  // As JoinSources.
  bool has_active_service = false;
  bool has_balance_due = false;
  bool has_automatic_payment = false;
  bool is_billing_contact = false;

  // Made of all of it, so that whoever meets a segment first need ask nobody for its id.
  int64_t id() const;
};

// "|ssr_a|ssr_b|" of sorted ids; "" of none.
std::string JoinSources(const std::vector<std::string>& sorted_ids);

// What a contact's account and sites make of it. `account` is null where it is not known.
Segment SegmentOf(const Recipient& recipient, const account::v1::Account* account,
                  std::string site_source_ids);

// In which group a contact is counted, the first that fits, where its account's class has the
// portal; 0 for one that is not counted, as it is gone. `account` is null where it is not known.
int StandingOf(const Recipient& recipient, const account::v1::Account* account, bool suppressed,
               bool invited);

}  // namespace portico::invitation

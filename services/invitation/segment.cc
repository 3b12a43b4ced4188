#include "services/invitation/segment.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <limits>

#include "libs/base/sha256.h"
#include "libs/mail/address.h"

namespace portico::invitation {

using namespace portico::invitation::v1;  // The groups' names.

int64_t Segment::id() const {
  const std::string digest = Sha256(absl::StrJoin(
      {division_id, account_class_id, bill_group_id, account_source_id, site_source_ids,
       absl::StrCat(has_active_service, has_balance_due, has_automatic_payment,
                    is_billing_contact)},
      "\n"));
  uint64_t number = 0;
  for (size_t i = 0; i < sizeof number; ++i) {
    number = number << 8 | static_cast<unsigned char>(digest[i]);
  }
  return static_cast<int64_t>(number & std::numeric_limits<int64_t>::max());
}

std::string JoinSources(const std::vector<std::string>& sorted_ids) {
  return sorted_ids.empty() ? "" : absl::StrCat("|", absl::StrJoin(sorted_ids, "|"), "|");
}

Segment SegmentOf(const Recipient& recipient, const account::v1::Account* account,
                  std::string site_source_ids) {
  Segment segment{.site_source_ids = std::move(site_source_ids),
                  .is_billing_contact = recipient.is_billing_contact};
  if (account == nullptr) return segment;
  segment.division_id = account->division_id();
  segment.account_class_id = account->account_class_id();
  segment.bill_group_id = account->bill_group_id();
  segment.account_source_id = account->account_source_id();
  segment.has_active_service = account->active_service_count() > 0;
  segment.has_balance_due = account->balance_due().amount_minor() > 0;
  segment.has_automatic_payment = account->automatic_payment();
  return segment;
}

int StandingOf(const Recipient& recipient, const account::v1::Account* account, bool suppressed,
               bool invited) {
  if (recipient.is_gone) return RECIPIENT_GROUP_UNSPECIFIED;
  if (recipient.is_portal_user()) return RECIPIENT_GROUP_ACCEPTED;
  if (!recipient.access_enabled) return RECIPIENT_GROUP_ACCESS_OFF;
  if (account == nullptr || account->status() != account::v1::ACCOUNT_STATUS_ACTIVE) {
    return RECIPIENT_GROUP_ACCOUNT_NOT_ACTIVE;
  }
  if (recipient.email.empty()) return RECIPIENT_GROUP_NO_EMAIL;
  if (!mail::IsValidAddress(recipient.email)) return RECIPIENT_GROUP_INVALID_EMAIL;
  if (suppressed) return RECIPIENT_GROUP_SUPPRESSED;
  return invited ? RECIPIENT_GROUP_INVITED : RECIPIENT_GROUP_NEVER_INVITED;
}

}  // namespace portico::invitation

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "portico/account/v1/account.pb.h"
#include "portico/account/v1/account_events.pb.h"
#include "portico/invitation/v1/bulk_send.pb.h"
#include "services/invitation/test_world.h"

namespace portico::invitation {

inline constexpr char kDivision[] = "div_north";
inline constexpr char kClass[] = "cls_commercial";
inline constexpr char kClassWithout[] = "cls_without";

// For tests: a company whose accounts and contacts the service knows from events, and its bulk
// sends over the wire. Contacts are created without being invited.
class BulkCompany : public TestWorld {
 public:
  BulkCompany();

  // An active account of the division and the class, but for what `change` does.
  using AccountChange = std::function<void(account::v1::Account&)>;
  void PutAccount(const std::string& id, const AccountChange& change = [](auto&) {});
  void PutSite(const std::string& id, const std::string& account_id, const std::string& source);
  // A contact of it with an address of its own, but for what `change` does.
  using ContactChange = std::function<void(contact::v1::Contact&)>;
  void PutContact(const std::string& id, const std::string& account_id,
                  const ContactChange& change = [](auto&) {});
  // So many, "con_001" and so on, of an account of their own.
  void PutContacts(int count, const std::string& account_id = "acc_many");

  static v1::RecipientFilter Filter();
  v1::RecipientCounts Counts(const v1::RecipientFilter& filter = Filter());
  int64_t CountOf(v1::RecipientGroup group, const v1::RecipientFilter& filter = Filter());
  // The ids of those listed, page by page.
  std::vector<std::string> Listed(v1::RecipientGroup group, bool only_will_be_mailed = false,
                                  const v1::RecipientFilter& filter = Filter());

  // By the filter, gathered.
  BulkSend Create(const std::function<void(BulkSend&)>& change = [](auto&) {});
  absl::StatusOr<BulkSend> TryCreate(const BulkSend& bulk);
  absl::StatusOr<BulkSend> Start(const BulkSend& bulk, int64_t expected_count);
  BulkSend GetBulk(const BulkSend& bulk);
  // Delivers what there is, and lets the clerk see to it.
  BulkSend Run(const BulkSend& bulk);
  std::vector<v1::BulkSendRecipient> Ledger(
      const BulkSend& bulk, v1::BulkSendRecipientState state =
                                v1::BULK_SEND_RECIPIENT_STATE_UNSPECIFIED);

  // To whom mail went, sorted.
  std::vector<std::string> Mailed() const;
};

}  // namespace portico::invitation

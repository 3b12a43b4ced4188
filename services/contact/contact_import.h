#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/rpc/exchange.h"
#include "libs/rpc/peer.h"
#include "libs/rpc/validation.h"
#include "portico/contact/v1/contact_service.pb.h"
#include "services/contact/contact_upsert.h"

namespace portico::contact {

// One import of contacts. The rows of a message are one transaction; what they refer to is asked
// for once a message, and only what the messages before did not ask for.
class ContactImport final : public rpc::Exchange {
 public:
  ContactImport(const ContactUpsert& upsert, rpc::Peer& account_service)
      : upsert_(upsert), account_service_(account_service) {}

  absl::StatusOr<bool> Take(google::protobuf::Message& request,
                            google::protobuf::Message& answer) override;
  absl::StatusOr<bool> End(google::protobuf::Message& answer) override;

 private:
  using Row = v1::ImportContactRow;

  // What is known of an account.
  struct Account {
    std::string id;
    std::string named_id;  // That of one that was merged into it, where a row names that.
    bool invoices_by_email = false;
  };

  // Accounts of sites by their ids, and sites by the accounts that rows name and the numbers there.
  struct SitesNamed {
    std::map<std::string, std::string> accounts;
    std::map<std::pair<std::string, std::string>, std::string> ids;
  };

  absl::Status TakeOptions(const v1::ImportContactsRequest& request);
  absl::Status TakeRows(std::vector<Row> rows);
  // Clears the rows that are wrong by themselves.
  std::vector<Row> CheckEach(std::vector<Row> rows);
  // Sets the account and site ids, and refuses what refers to nothing.
  absl::StatusOr<std::vector<ContactUpsert::Row>> Resolve(std::vector<Row> rows);
  absl::Status LearnAccounts(const std::vector<Row>& rows);
  // Asks for the sites that the rows name.
  absl::StatusOr<SitesNamed> FindSites(const std::vector<Row>& rows);
  const Account* AccountOf(const Row& row) const;
  void Refuse(int64_t line, std::string_view field, std::string_view reason);
  void Refuse(int64_t line, const absl::Status& wrong);

  const ContactUpsert& upsert_;
  rpc::Peer& account_service_;
  const rpc::Validator rules_{*Row::descriptor(), rpc::Validator::Completeness::kPartial};
  bool begun_ = false;
  ContactUpsert::Options options_;
  v1::ImportContactsResponse progress_;
  // By "id:acc_…", "number:…" and "external:…"; null for what there is not.
  std::map<std::string, std::shared_ptr<Account>> accounts_;
};

}  // namespace portico::contact

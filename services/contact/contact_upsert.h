#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libs/rpc/row_patch.h"
#include "libs/rpc/validation.h"
#include "libs/storage/database.h"
#include "portico/contact/v1/contact_service.pb.h"
#include "services/contact/account_directory.h"
#include "services/contact/contact_rows.h"

namespace portico::contact {

// Creates and updates many contacts at once, by their external ids. Thread-safe.
class ContactUpsert {
 public:
  struct Options {
    bool validate_only = false;
    bool without_invitation = false;  // For those that are created.
    rpc::FieldList always = {};       // Taken from every row, also where it leaves them unset.
  };

  // A contact whose account and site are known to exist and to belong together.
  struct Row {
    int64_t line = 0;
    v1::Contact contact;                // What is unset stays as it is in a contact that exists.
    std::string named_account_id = {};  // Another name for its account, or its id.
    bool invoices_by_email = false;
  };

  enum class Outcome { kCreated, kUpdated, kUnchanged, kRefused };
  struct Result {
    int64_t line = 0;
    Outcome outcome = Outcome::kRefused;
    absl::Status wrong = absl::OkStatus();  // Why it was refused.
  };

  ContactUpsert(storage::Database& database, const ContactRows& rows,
                const AccountDirectory& accounts)
      : database_(database), rows_(rows), accounts_(accounts) {}

  // All in one transaction; a row that is refused spoils no other. No two rows have the same
  // external id. With `validate_only` nothing is written. Answers storage's errors, and
  // UNAVAILABLE where another process wrote what this one had just looked for.
  absl::StatusOr<std::vector<Result>> Run(std::vector<Row> rows, const Options& options) const;

 private:
  struct Batch;

  // An account may have been merged, or have its invoices sent otherwise, since it was looked up.
  absl::Status FollowAccounts(storage::Session& session, std::vector<Row>& rows) const;
  absl::StatusOr<Batch> Read(storage::Session& session, const std::vector<Row>& rows) const;
  // By the rules of the protos, once all is there.
  absl::Status CheckWhole(const v1::Contact& contact) const;
  // What becomes of one row, and what is to be written for it.
  Result Judge(const Row& row, const Options& options, Batch& batch) const;
  absl::Status Write(storage::Session& session, const Batch& batch) const;

  storage::Database& database_;
  const ContactRows& rows_;
  const AccountDirectory& accounts_;
  const rpc::Validator whole_{*v1::ImportContactRow::descriptor()};
};

}  // namespace portico::contact

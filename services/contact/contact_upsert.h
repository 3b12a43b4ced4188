#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libs/rpc/row_patch.h"
#include "services/contact/contact_store.h"

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
    v1::Contact contact;  // What is unset stays as it is in a contact that exists.
    bool invoices_by_email = false;
  };

  enum class Outcome { kCreated, kUpdated, kUnchanged, kRefused };
  struct Result {
    int64_t line = 0;
    Outcome outcome = Outcome::kRefused;
    absl::Status wrong = absl::OkStatus();  // Why it was refused.
  };

  explicit ContactUpsert(ContactStore& contacts) : contacts_(contacts) {}

  // All in one transaction; a row that is refused spoils no other. No two rows have the same
  // external id. With `validate_only` nothing is written. Answers storage's errors.
  absl::StatusOr<std::vector<Result>> Run(std::vector<Row> rows, const Options& options) const;

 private:
  struct Batch;

  // An account may have been merged since it was looked up.
  absl::Status FollowMerges(storage::Session& session, std::vector<Row>& rows) const;
  absl::StatusOr<Batch> Read(storage::Session& session, const std::vector<Row>& rows) const;
  // What becomes of one row, and what is to be written for it.
  Result Judge(const Row& row, const Options& options, Batch& batch) const;
  absl::Status Write(storage::Session& session, const Batch& batch) const;

  ContactStore& contacts_;
};

}  // namespace portico::contact

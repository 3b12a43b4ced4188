#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/exchange.h"
#include "libs/storage/database.h"
#include "services/account/import_batch.h"

namespace portico::account {

// One import under way: the first message has its options, and the rows of each message are kept
// in one durable commit before it is answered.
template <class M, class Request, class Response>
class ImportStream final : public rpc::Exchange {
 public:
  using Row = std::decay_t<decltype(std::declval<const Request&>().rows(0))>;

  ImportStream(storage::Database& database, ImportPlan<M, Row> plan)
      : database_(database), plan_(std::move(plan)) {}

  // INVALID_ARGUMENT: the options are missing, wrong, or come again; the lines do not rise.
  absl::StatusOr<bool> Take(google::protobuf::Message& message,
                            google::protobuf::Message& answer) override {
    auto& request = static_cast<Request&>(message);
    if (!began_) {
      RETURN_IF_ERROR(TakeOptions(request));
      began_ = true;
      return false;
    }
    if (request.has_options()) {
      return rpc::InvalidField("options", "got options again, want them in the first message only");
    }
    ASSIGN_OR_RETURN(const int64_t last, CheckLines(request));
    ASSIGN_OR_RETURN(ImportOutcome outcome, Keep(CheckRows(request)));
    line_ = last;
    Tell(outcome, *static_cast<Response&>(answer).mutable_progress());
    return true;
  }

  absl::StatusOr<bool> End(google::protobuf::Message&) override { return false; }

 private:
  using Batch = ImportBatch<M, Row>;
  using CheckedRows = std::vector<typename Batch::CheckedRow>;

  absl::Status TakeOptions(const Request& request) {
    if (!request.has_options() || !request.rows().empty()) {
      return rpc::InvalidField("options",
                               "got none, want the options, alone, in the first message");
    }
    plan_.validate_only = request.options().validate_only();
    ASSIGN_OR_RETURN(plan_.always,
                     rpc::FieldsOfMask(request.options().update_mask(), *M::descriptor()));
    return absl::OkStatus();
  }

  // Answers the last one. What an answer tells holds only if they rise.
  absl::StatusOr<int64_t> CheckLines(const Request& request) const {
    int64_t last = line_;
    for (int i = 0; i < request.rows_size(); ++i) {
      const int64_t line = request.rows(i).line();
      if (line <= last) {
        return rpc::InvalidField(absl::StrCat("rows[", i, "].line"),
                                 absl::StrCat("got ", line, ", want more than ", last));
      }
      last = line;
    }
    return last;
  }

  CheckedRows CheckRows(Request& request) const {
    CheckedRows rows;
    rows.reserve(request.rows_size());
    for (Row& row : *request.mutable_rows()) {
      // Would never be kept, and thus differ from what is.
      row.DiscardUnknownFields();
      absl::Status refusal = RulesOf<Row, rpc::Validator::Completeness::kPartial>().Check(row);
      rows.push_back({std::move(row), std::move(refusal)});
    }
    return rows;
  }

  absl::StatusOr<ImportOutcome> Keep(const CheckedRows& rows) {
    const auto work = [&](storage::Session& session) { return Batch(plan_).Run(session, rows); };
    if (plan_.validate_only) return database_.Read(work);
    auto outcome = database_.Write(work);
    // Another process wrote what this one had just looked for.
    if (absl::IsAlreadyExists(outcome.status())) {
      return absl::UnavailableError("the rows met another write: send them again");
    }
    return outcome;
  }

  void Tell(ImportOutcome& outcome, v1::ImportProgress& progress) {
    totals_.set_line(line_);
    totals_.set_created(totals_.created() + outcome.created);
    totals_.set_updated(totals_.updated() + outcome.updated);
    totals_.set_unchanged(totals_.unchanged() + outcome.unchanged);
    totals_.set_refused(totals_.refused() + static_cast<int64_t>(outcome.refusals.size()));
    progress = totals_;
    for (v1::ImportRefusal& refusal : outcome.refusals) {
      *progress.add_refusals() = std::move(refusal);
    }
  }

  storage::Database& database_;
  ImportPlan<M, Row> plan_;
  bool began_ = false;
  int64_t line_ = 0;  // The last one that was answered.
  v1::ImportProgress totals_;
};

// The stream of this kind of request; `names` are the fields of its rows that name what their
// resources refer to.
template <class Request, class Response, class M>
std::unique_ptr<rpc::Exchange> NewImport(storage::Database& database, ResourceStore<M>& store,
                                         const Clock& clock, std::vector<NamedReference> names) {
  using Stream = ImportStream<M, Request, Response>;
  return std::make_unique<Stream>(database,
                                  ImportPlan<M, typename Stream::Row>{
                                      .store = store, .clock = clock, .names = std::move(names)});
}

}  // namespace portico::account

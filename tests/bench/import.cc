// One client's stream of rows into a service that imports them.
#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "libs/base/status_macros.h"
#include "libs/rpc/peer.h"
#include "tests/bench/command.h"
#include "tests/bench/imported_rows.h"

namespace portico::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Flags {
  std::string kind, address, token;
  uint64_t rows = 0;
  AccountSetup setup;
};

// As `portico import` sends: so many rows a message, so many messages that are not answered.
constexpr uint64_t kRowsOfMessage = 500;
constexpr uint64_t kMostOnTheWay = 8;

// How many messages are answered.
class Answered {
 public:
  void Add() {
    absl::MutexLock lock(&mutex_);
    ++count_;
  }
  void End() {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }
  void AwaitMoreThan(uint64_t least) {
    absl::MutexLock lock(&mutex_);
    const auto come = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return ended_ || count_ > least;
    };
    mutex_.Await(absl::Condition(&come));
  }

 private:
  absl::Mutex mutex_;
  uint64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

const account::v1::ImportProgress& ProgressOf(const account::v1::ImportAccountsResponse& answer) {
  return answer.progress();
}
const contact::v1::ImportContactsResponse& ProgressOf(
    const contact::v1::ImportContactsResponse& answer) {
  return answer;
}

// How far all streams together have come.
struct Tally {
  uint64_t rows = 0;
  int64_t created = 0, updated = 0, unchanged = 0;
};

// One stream, of the rows that no answer has counted.
template <class Request, class Answer, class Fill>
absl::Status StreamOnce(rpc::Peer& service, uint64_t rows, const Request& options, Fill fill,
                        Tally& tally) {
  const auto stream = service.OpenExchange(*Request::descriptor());
  Answered answered;
  Answer last;
  std::string refusal;
  std::thread reader([&] {
    Answer answer;
    while (stream->Read(answer)) {
      last = answer;
      const auto& refusals = ProgressOf(answer).refusals();
      if (!refusals.empty()) refusal = refusals[0].ShortDebugString();
      answered.Add();
    }
    answered.End();
  });
  bool open = stream->Write(options);
  uint64_t n = tally.rows;
  for (uint64_t sent = 0; open && n < rows; ++sent) {
    Request request;
    for (const uint64_t end = std::min(n + kRowsOfMessage, rows); n < end; ++n) {
      auto& row = *request.add_rows();
      row.set_line(static_cast<int64_t>(n) + 1);
      fill(n, row);
    }
    if (sent >= kMostOnTheWay) answered.AwaitMoreThan(sent - kMostOnTheWay);
    open = stream->Write(request);
  }
  stream->WritesDone();
  reader.join();
  const absl::Status status = stream->Finish();
  const auto& progress = ProgressOf(last);
  if (progress.refused() > 0) return absl::InternalError(absl::StrCat("refused: ", refusal));
  tally.rows = std::max(tally.rows, static_cast<uint64_t>(progress.line()));
  tally.created += progress.created();
  tally.updated += progress.updated();
  tally.unchanged += progress.unchanged();
  return status;
}

template <class Request, class Answer, class Fill>
absl::StatusOr<nlohmann::json> Stream(const Flags& flags, const Request& options, Fill fill) {
  rpc::Peer service({.target = flags.address, .bearer_token = flags.token});
  Tally tally;
  const auto begin = SteadyClock::now();
  while (tally.rows < flags.rows) {
    const uint64_t before = tally.rows;
    const absl::Status status =
        StreamOnce<Request, Answer>(service, flags.rows, options, fill, tally);
    // A service ends streams that are minutes old.
    if (!status.ok() && !(absl::IsUnavailable(status) && tally.rows > before)) return status;
  }
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  return nlohmann::json{
      {"rows", tally.rows},       {"rate", static_cast<double>(tally.rows) / seconds},
      {"seconds", seconds},       {"created", tally.created},
      {"updated", tally.updated}, {"unchanged", tally.unchanged}};
}

absl::StatusOr<nlohmann::json> RunImport(const Flags& flags) {
  if (flags.kind == "accounts") {
    account::v1::ImportAccountsRequest options;
    options.mutable_options();
    return Stream<account::v1::ImportAccountsRequest, account::v1::ImportAccountsResponse>(
        flags, options,
        [&](uint64_t n, account::v1::ImportAccountRow& row) { FillRow(n, flags.setup, row); });
  }
  contact::v1::ImportContactsRequest options;
  options.mutable_options()->set_without_invitation(true);
  return Stream<contact::v1::ImportContactsRequest, contact::v1::ImportContactsResponse>(
      flags, options, [](uint64_t n, contact::v1::ImportContactRow& row) { FillRow(n, row); });
}

}  // namespace

void DeclareImport(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      program.add_subcommand("import", "A stream of rows, the same ones each time.");
  command->add_option("KIND", flags->kind, "accounts or contacts.")
      ->required()
      ->check(CLI::IsMember({"accounts", "contacts"}));
  command->add_option("--address", flags->address, "host:port of the service.")->required();
  command->add_option("--token", flags->token, "A staff token.")
      ->required()
      ->envname("PORTICO_TOKEN");
  command->add_option("--rows", flags->rows, "How many.")->required()->check(CLI::PositiveNumber);
  command->add_option("--division", flags->setup.division_id, "The id of the accounts' division.");
  command->add_option("--account-class", flags->setup.account_class_ids,
                      "The ids of their classes.");
  command->add_option("--bill-group", flags->setup.bill_group_ids, "The ids of bill groups.");
  command->callback([flags, &chosen] { chosen = [flags] { return RunImport(*flags); }; });
}

}  // namespace portico::bench

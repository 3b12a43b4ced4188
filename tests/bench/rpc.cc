// Unary calls with many under way: empty ones as the baseline, reads, durable writes.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>
#include <absl/synchronization/mutex.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/rpc/byte_buffer.h"
#include "tests/bench/command.h"
#include "tests/bench/contacts.h"
#include "tests/bench/rpc_load.h"

namespace portico::bench {
namespace {

struct Flags {
  std::string kind;
  ContactService service;
  std::string ids_file;
  int in_flight = 64;
  double seconds = 0;
  uint64_t calls = 0;
  bool request_ids = false;
  contact::v1::ListContactsRequest list;
  std::vector<std::string> queries;
  uint64_t numbers = 1;
  std::string questions_file;
};

absl::StatusOr<Load> ReadsOf(const Flags& flags) {
  ASSIGN_OR_RETURN(auto ids, ReadLines(flags.ids_file));
  Load load{.method = kGetContact};
  load.request = [ids = std::move(ids)](uint64_t n) {
    contact::v1::GetContactRequest request;
    // Jumps about, so that growth shows what it costs.
    request.set_id(ids[n * 7919 % ids.size()]);
    return rpc::Serialize(request);
  };
  return load;
}

// First pages of lists: of one account after the other, or as one query after the other asks.
absl::StatusOr<Load> Lists(const Flags& flags) {
  std::vector<std::string> accounts;
  if (!flags.service.accounts_file.empty()) {
    ASSIGN_OR_RETURN(accounts, ReadLines(flags.service.accounts_file));
  }
  Load load{.method = kListContacts};
  load.request = [accounts = std::move(accounts), flags](uint64_t n) {
    contact::v1::ListContactsRequest request = flags.list;
    if (!accounts.empty()) request.set_account_id(accounts[n % accounts.size()]);
    if (!flags.queries.empty()) {
      const std::string number = absl::StrCat(n * 7919 % flags.numbers);
      request.set_query(
          absl::StrReplaceAll(flags.queries[n % flags.queries.size()], {{"{number}", number}}));
    }
    return rpc::Serialize(request);
  };
  return load;
}

// Questions of a file: "con_… acc_…" or "usr_… acc_…", one a line.
absl::StatusOr<std::vector<contact::v1::AccessQuestion>> QuestionsOf(const Flags& flags) {
  ASSIGN_OR_RETURN(const auto lines, ReadLines(flags.questions_file));
  std::vector<contact::v1::AccessQuestion> questions;
  for (const std::string& line : lines) {
    const std::pair<std::string, std::string> ids = absl::StrSplit(line, ' ');
    contact::v1::AccessQuestion& question = questions.emplace_back();
    if (ids.first.starts_with("usr_")) {
      question.set_portal_user_id(ids.first);
    } else {
      question.set_contact_id(ids.first);
    }
    question.set_account_id(ids.second);
  }
  return questions;
}

absl::StatusOr<Load> Checks(const Flags& flags) {
  ASSIGN_OR_RETURN(auto questions, QuestionsOf(flags));
  Load load{.method = kCheckAccess};
  load.request = [questions = std::move(questions)](uint64_t n) {
    contact::v1::CheckAccessRequest request;
    *request.mutable_question() = questions[n * 7919 % questions.size()];
    return rpc::Serialize(request);
  };
  return load;
}

absl::StatusOr<Load> BatchChecks(const Flags& flags) {
  constexpr uint64_t kQuestions = 1000;
  ASSIGN_OR_RETURN(const auto questions, QuestionsOf(flags));
  // Made before the clock starts, since this shares its processors with the service.
  std::vector<grpc::ByteBuffer> ready;
  for (uint64_t batch = 0; batch < 100; ++batch) {
    contact::v1::BatchCheckAccessRequest request;
    for (uint64_t i = 0; i < kQuestions; ++i) {
      *request.add_questions() = questions[(batch * kQuestions + i) * 7919 % questions.size()];
    }
    ready.push_back(rpc::Serialize(request));
  }
  Load load{.method = kBatchCheckAccess};
  load.request = [ready = std::move(ready)](uint64_t n) { return ready[n % ready.size()]; };
  return load;
}

absl::StatusOr<Load> Writes(const Flags& flags) {
  ASSIGN_OR_RETURN(auto accounts, ReadLines(flags.service.accounts_file));
  const auto make = [accounts = std::move(accounts), with_id = flags.request_ids](uint64_t n) {
    auto request = NewContact(accounts, n);
    if (with_id) request.set_request_id(request.contact().email());
    return rpc::Serialize(request);
  };
  // Made before the clock starts, since this shares its processors with the service.
  constexpr double kMostASecond = 20'000;
  std::vector<grpc::ByteBuffer> ready(static_cast<size_t>(flags.seconds * kMostASecond));
  for (size_t n = 0; n < ready.size(); ++n) ready[n] = make(n);
  Load load{.method = kCreateContact};
  load.request = [make, ready = std::move(ready)](uint64_t n) {
    return n < ready.size() ? ready[n] : make(n);
  };
  return load;
}

absl::StatusOr<Load> LoadOf(const Flags& flags) {
  if (flags.kind == "get") return ReadsOf(flags);
  if (flags.kind == "list") return Lists(flags);
  if (flags.kind == "create") return Writes(flags);
  if (flags.kind == "check") return Checks(flags);
  if (flags.kind == "batch-check") return BatchChecks(flags);
  // gRPC's own health check: a call that does nothing, on the very server under load.
  return Load{.method = "/grpc.health.v1.Health/Check",
              .request = [](uint64_t) { return grpc::ByteBuffer(nullptr, 0); }};
}

absl::StatusOr<nlohmann::json> RunRpc(const Flags& flags) {
  ASSIGN_OR_RETURN(Load load, LoadOf(flags));
  load.token = flags.service.token;
  load.in_flight = flags.in_flight;
  load.calls = flags.calls;
  load.time = std::chrono::duration<double>(flags.seconds);
  absl::Mutex mutex;
  std::ofstream ids;
  if (flags.kind == "create" && !flags.ids_file.empty()) {
    ids.open(flags.ids_file, std::ios::app);
    load.on_response = [&](const grpc::ByteBuffer& bytes) {
      contact::v1::CreateContactResponse response;
      if (!rpc::Parse(bytes, response).ok()) return;
      absl::MutexLock lock(&mutex);
      ids << response.contact().id() << '\n';
    };
  }
  const LoadResult result = Run(flags.service.Channel(), load);
  if (result.failed > 0) {
    return absl::InternalError(
        absl::StrCat(result.failed, " calls failed, the first with: ", result.first_error));
  }
  return nlohmann::json{{"calls", result.microseconds.size()},
                        {"rate", result.rate()},
                        {"p50_ms", result.Milliseconds(0.5)},
                        {"p99_ms", result.Milliseconds(0.99)}};
}

}  // namespace

void DeclareRpc(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("rpc", "Unary calls, so many at a time.");
  command->add_option("KIND", flags->kind, "empty, get, list, create, check or batch-check.")
      ->required()
      ->check(CLI::IsMember({"empty", "get", "list", "create", "check", "batch-check"}));
  flags->service.Declare(*command);
  command->add_option("--ids", flags->ids_file,
                      "File of contact ids: read by get, added to by create.");
  command->add_option_function<std::string>(
      "--filter", [flags](const std::string& text) { flags->list.set_filter(text); },
      "Of each list.");
  command->add_option_function<std::string>(
      "--order-by", [flags](const std::string& text) { flags->list.set_order_by(text); },
      "Of each list.");
  command->add_option("--query", flags->queries,
                      "Of a list, one after the other; {number} is another one each time.");
  command->add_option("--numbers", flags->numbers, "Numbers are less than this.");
  command->add_option("--questions", flags->questions_file,
                      "File of a contact or portal user and an account a line, for checks.");
  command->add_option("--in-flight", flags->in_flight, "Calls under way at a time.");
  auto* end = command->add_option_group("end")->require_option(1);
  end->add_option("--seconds", flags->seconds, "How long.");
  end->add_option("--calls", flags->calls, "How many.");
  command->add_flag("--request-ids", flags->request_ids, "Each create has a request id.");
  command->callback([flags, &chosen] { chosen = [flags] { return RunRpc(*flags); }; });
}

}  // namespace portico::bench

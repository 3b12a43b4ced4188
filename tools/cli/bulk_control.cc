#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>

#include "libs/base/status_macros.h"
#include "tools/cli/bulk_progress.h"
#include "tools/cli/command.h"
#include "tools/cli/connection.h"

namespace portico::cli {
namespace {

namespace api = portico::invitation::v1;

struct Flags {
  Connection connection;
  std::string id;
  std::optional<int64_t> count;
};

template <class Response, class Request>
absl::Status Control(const Flags& flags, Request request) {
  request.set_id(flags.id);
  ASSIGN_OR_RETURN(const auto invitation, flags.connection.Open("invitation"));
  ASSIGN_OR_RETURN(const auto answer, invitation->Call<Response>(request));
  std::cout << answer.bulk_send().id() << ' ' << Describe(answer.bulk_send()) << '\n';
  return absl::OkStatus();
}

absl::Status Start(const Flags& flags) {
  api::StartBulkSendRequest request;
  if (flags.count.has_value()) request.set_expected_count(*flags.count);
  return Control<api::StartBulkSendResponse>(flags, request);
}

using Run = absl::Status (*)(const Flags&);

CLI::App* Declare(CLI::App& bulk, const char* name, const char* meaning,
                  const std::shared_ptr<Flags>& flags, Run run, Action& chosen) {
  CLI::App* command = bulk.add_subcommand(name, meaning);
  command->add_option("ID", flags->id, "The bulk send, blk_….")->required();
  flags->connection.Declare(*command);
  command->callback([flags, run, &chosen] { chosen = [flags, run] { return run(*flags); }; });
  return command;
}

}  // namespace

void DeclareBulkControl(CLI::App& bulk, Action& chosen) {
  const auto flags = std::make_shared<Flags>();
  Declare(bulk, "start", "Starts a bulk send that is READY, now or at its time.", flags, Start,
          chosen)
      ->add_option("--count", flags->count,
                   "How many it mails, as bulk create told; it starts only if that is so. A few "
                   "recipients need no count.")
      ->check(CLI::NonNegativeNumber);
  Declare(
      bulk, "pause", "Sends no more of it until it is resumed.", flags,
      [](const Flags& f) { return Control<api::PauseResponse>(f, api::PauseRequest()); }, chosen);
  Declare(
      bulk, "resume", "Goes on with one that is paused.", flags,
      [](const Flags& f) { return Control<api::ResumeResponse>(f, api::ResumeRequest()); }, chosen);
  Declare(
      bulk, "cancel", "Ends one for good: who was not mailed yet is not mailed.", flags,
      [](const Flags& f) { return Control<api::CancelResponse>(f, api::CancelRequest()); }, chosen);
  Declare(
      bulk, "retry-failed", "Mails those again whose mail failed, and nobody else.", flags,
      [](const Flags& f) {
        return Control<api::RetryFailedResponse>(f, api::RetryFailedRequest());
      },
      chosen);
}

}  // namespace portico::cli

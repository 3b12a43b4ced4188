#include <absl/strings/str_split.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/stream.h"
#include "portico/events/v1/events.pb.h"
#include "tools/cli/command.h"
#include "tools/cli/connection.h"
#include "tools/cli/json.h"

namespace portico::cli {
namespace {

namespace api = portico::events::v1;

struct Flags {
  Connection connection;
  std::string service;
  int64_t after = 0;
  std::vector<std::string> types;
  bool once = false;
};

absl::Status Tail(const Flags& flags) {
  api::WatchEventsRequest request;
  request.set_after_position(flags.after);
  request.mutable_types()->Assign(flags.types.begin(), flags.types.end());
  request.set_stop_at_end(flags.once);
  ASSIGN_OR_RETURN(const auto service, flags.connection.Open(flags.service));
  while (true) {
    const auto stream = service->Open(request);
    api::WatchEventsResponse batch;
    while (stream->Read(batch)) {
      for (const api::Event& event : batch.events()) std::cout << ToJson(event) << '\n';
      // A reader of the pipe sees each batch as it comes.
      std::cout.flush();
      request.set_after_position(batch.position());
    }
    absl::Status status = stream->Finish();
    if (rpc::ReasonOf(status) != rpc::kOpenAgain) return status;
  }
}

}  // namespace

void DeclareEventsTail(CLI::App& events, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = events.add_subcommand(
      "tail", "Prints the events of a service as JSON, one a line, as they come.");
  command->add_option("SERVICE", flags->service, "account, contact, invitation or registration.")
      ->required()
      ->check(CLI::IsMember({"account", "contact", "invitation", "registration"}));
  command->add_option("--after", flags->after, "Only those after this position.")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      ->add_option("--types", flags->types,
                   "Only these, such as portico.contact.v1.ContactCreated; separated by commas.")
      ->delimiter(',');
  command->add_flag("--once", flags->once, "Stop at the end of what is there.");
  flags->connection.Declare(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return Tail(*flags); }; });
}

}  // namespace portico::cli

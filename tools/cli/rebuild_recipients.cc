#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "libs/base/status_macros.h"
#include "portico/invitation/v1/bulk_send.pb.h"
#include "tools/cli/command.h"
#include "tools/cli/connection.h"

namespace portico::cli {
namespace {

namespace api = portico::invitation::v1;

absl::Status Rebuild(const Connection& connection) {
  // On a terminal a stage's line is written over while its number grows.
  const bool is_terminal = isatty(STDOUT_FILENO) != 0;
  ASSIGN_OR_RETURN(const auto invitation, connection.Open("invitation"));
  const auto stream = invitation->Open(api::RebuildRecipientsRequest());
  api::RebuildRecipientsResponse now, shown;
  const auto end_stage = [&] {
    if (shown.stage().empty()) return;
    std::cout << (is_terminal ? "\r\x1b[K" : "") << shown.stage() << ": " << shown.done() << '\n'
              << std::flush;
  };
  while (stream->Read(now)) {
    if (now.stage() != shown.stage()) end_stage();
    shown = now;
    if (is_terminal) {
      std::cout << "\r\x1b[K" << now.stage() << ": " << now.done() << " …" << std::flush;
    }
  }
  end_stage();
  return stream->Finish();
}

}  // namespace

void DeclareRebuildRecipients(CLI::App& program, Action& chosen) {
  auto connection = std::make_shared<Connection>();
  CLI::App* command = program.add_subcommand(
      "rebuild-recipients",
      "Makes what is counted anew from the services that own it, while all goes on.");
  connection->Declare(*command);
  command->callback(
      [connection, &chosen] { chosen = [connection] { return Rebuild(*connection); }; });
}

}  // namespace portico::cli

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "libs/base/status_macros.h"
#include "portico/invitation/v1/invitation.pb.h"
#include "tools/cli/command.h"
#include "tools/cli/connection.h"
#include "tools/cli/json.h"

namespace portico::cli {
namespace {

struct Flags {
  Connection connection;
  std::string contact_id;
};

absl::Status Send(const Flags& flags) {
  namespace api = portico::invitation::v1;
  api::SendInvitationRequest request;
  request.set_contact_id(flags.contact_id);
  ASSIGN_OR_RETURN(const auto invitation, flags.connection.Open("invitation"));
  ASSIGN_OR_RETURN(const auto sent, invitation->Call<api::SendInvitationResponse>(request));
  std::cout << ToJson(sent.invitation()) << '\n';
  return absl::OkStatus();
}

}  // namespace

void DeclareSend(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      program.add_subcommand("send", "Invites a contact by mail and prints the invitation.");
  command->add_option("CONTACT_ID", flags->contact_id, "The contact, con_….")->required();
  flags->connection.Declare(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return Send(*flags); }; });
}

}  // namespace portico::cli

#include <CLI/CLI.hpp>
#include <iomanip>
#include <iostream>
#include <memory>

#include "libs/base/status_macros.h"
#include "portico/invitation/v1/bulk_send.pb.h"
#include "tools/cli/command.h"
#include "tools/cli/connection.h"
#include "tools/cli/enum_word.h"
#include "tools/cli/json.h"
#include "tools/cli/recipient_filter.h"

namespace portico::cli {
namespace {

namespace api = portico::invitation::v1;

struct Flags {
  Connection connection;
  FilterFlags filter;
  bool json = false;
};

void PrintRow(const std::string& group, const std::string& count) {
  std::cout << std::left << std::setw(20) << group << std::right << std::setw(12) << count << '\n';
}

absl::Status Count(const Flags& flags) {
  api::CountRecipientsRequest request;
  *request.mutable_filter() = flags.filter.Filter();
  ASSIGN_OR_RETURN(const auto invitation, flags.connection.Open("invitation"));
  ASSIGN_OR_RETURN(const auto answer, invitation->Call<api::CountRecipientsResponse>(request));
  const api::RecipientCounts& counts = answer.counts();
  if (flags.json) {
    std::cout << ToJson(counts) << '\n';
    return absl::OkStatus();
  }
  PrintRow("GROUP", "CONTACTS");
  for (const api::GroupCount& group : counts.groups()) {
    PrintRow(EnumWord(*api::RecipientGroup_descriptor(), group.group()),
             std::to_string(group.count()));
  }
  PrintRow("all", std::to_string(counts.total()));
  PrintRow("will be mailed", std::to_string(counts.will_be_mailed()));
  return absl::OkStatus();
}

}  // namespace

void DeclareCount(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand(
      "count", "Counts contacts by group, and how many of them a bulk send would mail.");
  flags->filter.Declare(*command, true);
  command->add_flag("--json", flags->json, "Print JSON.");
  flags->connection.Declare(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return Count(*flags); }; });
}

}  // namespace portico::cli

#include <google/protobuf/util/time_util.h>

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

namespace portico::cli {
namespace {

namespace api = portico::invitation::v1;

struct Flags {
  Connection connection;
  std::string state;
  int32_t limit = 50;
  bool json = false;
};

void PrintRow(const std::string& time, const std::string& id, const std::string& state,
              const std::string& total, const std::string& sent, const std::string& wrong,
              const std::string& name) {
  std::cout << std::left << std::setw(21) << time << std::setw(31) << id << std::setw(11) << state
            << std::right << std::setw(9) << total << std::setw(9) << sent << std::setw(9) << wrong
            << "  " << name << '\n';
}

absl::Status List(const Flags& flags) {
  api::ListBulkSendsRequest request;
  request.set_page_size(flags.limit);
  request.set_state(
      static_cast<api::BulkSendState>(EnumValue(*api::BulkSendState_descriptor(), flags.state)));
  ASSIGN_OR_RETURN(const auto invitation, flags.connection.Open("invitation"));
  ASSIGN_OR_RETURN(const auto page, invitation->Call<api::ListBulkSendsResponse>(request));
  if (!flags.json) PrintRow("CREATED", "ID", "STATE", "TOTAL", "SENT", "FAILED", "NAME");
  for (const api::BulkSend& bulk : page.bulk_sends()) {
    if (flags.json) {
      std::cout << ToJson(bulk) << '\n';
      continue;
    }
    auto time = bulk.create_time();
    time.set_nanos(0);
    const api::BulkSendProgress& progress = bulk.progress();
    PrintRow(google::protobuf::util::TimeUtil::ToString(time), bulk.id(),
             EnumWord(*api::BulkSendState_descriptor(), bulk.state()),
             std::to_string(progress.total()), std::to_string(progress.sent()),
             std::to_string(progress.bounced() + progress.failed()), bulk.display_name());
  }
  return absl::OkStatus();
}

}  // namespace

void DeclareBulkList(CLI::App& bulk, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = bulk.add_subcommand(
      "list", "Lists bulk sends, the latest first; those FAILED include the bounced.");
  command->add_option("--state", flags->state, "Only those in this state.")
      ->check(CLI::IsMember(EnumWords(*api::BulkSendState_descriptor())));
  command->add_option("--limit", flags->limit, "The most to list.")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "Print each as JSON, one a line.");
  flags->connection.Declare(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return List(*flags); }; });
}

}  // namespace portico::cli

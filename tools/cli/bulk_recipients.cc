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

constexpr int32_t kPageSize = 1000;

struct Flags {
  Connection connection;
  std::string id, state;
  bool json = false;
};

void PrintRow(const std::string& number, const std::string& state, const std::string& contact,
              const std::string& email, const std::string& reason) {
  std::cout << std::right << std::setw(8) << number << "  " << std::left << std::setw(10) << state
            << std::setw(31) << contact << std::setw(35) << email << ' ' << reason << '\n';
}

void Print(const api::BulkSendRecipient& recipient) {
  PrintRow(std::to_string(recipient.number()),
           EnumWord(*api::BulkSendRecipientState_descriptor(), recipient.state()),
           recipient.contact_id(), recipient.email(), recipient.reason());
}

absl::Status List(const Flags& flags) {
  api::ListBulkSendRecipientsRequest request;
  request.set_id(flags.id);
  request.set_page_size(kPageSize);
  request.set_state(static_cast<api::BulkSendRecipientState>(
      EnumValue(*api::BulkSendRecipientState_descriptor(), flags.state)));
  ASSIGN_OR_RETURN(const auto invitation, flags.connection.Open("invitation"));
  bool is_first = true;
  do {
    ASSIGN_OR_RETURN(const auto page,
                     invitation->Call<api::ListBulkSendRecipientsResponse>(request));
    if (is_first && !flags.json) PrintRow("NUMBER", "STATE", "CONTACT", "E-MAIL", "REASON");
    is_first = false;
    for (const api::BulkSendRecipient& recipient : page.recipients()) {
      if (flags.json) {
        std::cout << ToJson(recipient) << '\n';
      } else {
        Print(recipient);
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

}  // namespace

void DeclareBulkRecipients(CLI::App& bulk, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = bulk.add_subcommand(
      "recipients", "Lists all recipients of a bulk send and what became of each.");
  command->add_option("ID", flags->id, "The bulk send, blk_….")->required();
  command->add_option("--state", flags->state, "Only those in this state.")
      ->check(CLI::IsMember(EnumWords(*api::BulkSendRecipientState_descriptor())));
  command->add_flag("--json", flags->json, "Print each as JSON, one a line.");
  flags->connection.Declare(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return List(*flags); }; });
}

}  // namespace portico::cli

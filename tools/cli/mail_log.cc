#include <absl/strings/str_replace.h>
#include <google/protobuf/util/time_util.h>

#include <CLI/CLI.hpp>
#include <iomanip>
#include <iostream>
#include <memory>

#include "libs/base/status_macros.h"
#include "portico/invitation/v1/delivery.pb.h"
#include "tools/cli/command.h"
#include "tools/cli/connection.h"

namespace portico::cli {
namespace {

namespace api = portico::invitation::v1;

constexpr char kStatePrefix[] = "MESSAGE_STATE_";

struct Flags {
  Connection connection;
  std::string contact_id;
  std::string state;
  int32_t limit = 50;
};

// What the mail server said last; "-" before it was asked. It stays on its line,
// whatever the server wrote.
absl::StatusOr<std::string> LastReply(rpc::Peer& invitation, const api::Message& message) {
  if (message.attempt_count() == 0) return "-";
  api::GetMessageRequest request;
  request.set_id(message.id());
  ASSIGN_OR_RETURN(const auto found, invitation.Call<api::GetMessageResponse>(request));
  if (found.message().attempts().empty()) return "-";
  return absl::StrReplaceAll(found.message().attempts().rbegin()->reply(),
                             {{"\r", " "}, {"\n", " "}});
}

void PrintRow(const std::string& time, const std::string& state, const std::string& recipient,
              const std::string& subject, const std::string& attempts, const std::string& reply) {
  std::cout << std::left << std::setw(21) << time << std::setw(10) << state << std::setw(30)
            << recipient << ' ' << std::setw(40) << subject << ' ' << std::setw(9) << attempts
            << reply << '\n';
}

absl::Status Print(const Flags& flags) {
  api::ListMessagesRequest request;
  request.set_page_size(flags.limit);
  request.set_contact_id(flags.contact_id);
  if (!flags.state.empty()) {
    api::MessageState state;
    api::MessageState_Parse(kStatePrefix + flags.state, &state);
    request.set_state(state);
  }
  ASSIGN_OR_RETURN(const auto invitation, flags.connection.Open("invitation"));
  ASSIGN_OR_RETURN(const auto page, invitation->Call<api::ListMessagesResponse>(request));
  PrintRow("TIME", "STATE", "RECIPIENT", "SUBJECT", "ATTEMPTS", "LAST REPLY");
  for (const api::Message& message : page.messages()) {
    ASSIGN_OR_RETURN(const std::string reply, LastReply(*invitation, message));
    auto time = message.create_time();
    time.set_nanos(0);
    PrintRow(google::protobuf::util::TimeUtil::ToString(time),
             api::MessageState_Name(message.state()).substr(sizeof(kStatePrefix) - 1),
             message.recipient(), message.subject(), std::to_string(message.attempt_count()),
             reply);
  }
  return absl::OkStatus();
}

}  // namespace

void DeclareMailLog(CLI::App& mail, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = mail.add_subcommand("log", "Lists the mails, the latest first.");
  command->add_option("--contact", flags->contact_id, "Only those to this contact, con_….");
  command->add_option("--state", flags->state,
                      "Only those in this state.")
      ->check(CLI::IsMember({"WAITING", "SENT", "BOUNCED", "FAILED", "CANCELLED"}));
  command->add_option("--limit", flags->limit, "The most to list.")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  flags->connection.Declare(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return Print(*flags); }; });
}

}  // namespace portico::cli

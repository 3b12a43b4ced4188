#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "google/api/httpbody.pb.h"
#include "libs/base/status_macros.h"
#include "portico/invitation/v1/bulk_send.pb.h"
#include "tools/cli/command.h"
#include "tools/cli/connection.h"
#include "tools/cli/enum_word.h"
#include "tools/cli/recipient_filter.h"

namespace portico::cli {
namespace {

namespace api = portico::invitation::v1;

struct Flags {
  Connection connection;
  FilterFlags filter;
  std::string group;
  bool only_will_be_mailed = false;
};

absl::Status Export(const Flags& flags) {
  api::ExportRecipientsRequest request;
  *request.mutable_filter() = flags.filter.Filter();
  request.set_group(
      static_cast<api::RecipientGroup>(EnumValue(*api::RecipientGroup_descriptor(), flags.group)));
  request.set_only_will_be_mailed(flags.only_will_be_mailed);
  ASSIGN_OR_RETURN(const auto invitation, flags.connection.Open("invitation"));
  const auto stream = invitation->Open(request);
  google::api::HttpBody part;
  while (stream->Read(part)) {
    if (!std::cout.write(part.data().data(), static_cast<std::streamsize>(part.data().size()))) {
      break;
    }
  }
  if (!std::cout.flush()) return absl::UnknownError("the output cannot be written");
  return stream->Finish();
}

}  // namespace

void DeclareRecipientsExport(CLI::App& recipients, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = recipients.add_subcommand(
      "export", "Prints the contacts that are counted, as CSV with a header.");
  flags->filter.Declare(*command, true);
  command->add_option("--group", flags->group, "Only those of this group.")
      ->check(CLI::IsMember(EnumWords(*api::RecipientGroup_descriptor())));
  command->add_flag("--only-will-be-mailed", flags->only_will_be_mailed,
                    "Only those who would be mailed now.");
  flags->connection.Declare(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return Export(*flags); }; });
}

}  // namespace portico::cli

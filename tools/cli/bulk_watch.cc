#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "libs/base/status_macros.h"
#include "tools/cli/bulk_follow.h"
#include "tools/cli/bulk_progress.h"
#include "tools/cli/command.h"
#include "tools/cli/connection.h"

namespace portico::cli {
namespace {

namespace api = portico::invitation::v1;

constexpr int kUsualWidth = 80;

struct Flags {
  Connection connection;
  std::string id;
};

// 0 where the output is no terminal.
int TerminalWidth() {
  if (isatty(STDOUT_FILENO) == 0) return 0;
  winsize size = {};
  const bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : kUsualWidth;
}

absl::Status Watch(const Flags& flags) {
  ASSIGN_OR_RETURN(const auto invitation, flags.connection.Open("invitation"));
  BulkProgressBar bar(std::cout, TerminalWidth(), SteadyClock());
  api::BulkSend last;
  const absl::Status followed = FollowBulkSend(
      *invitation, flags.id,
      [&](const api::BulkSend& now) {
        last = now;
        bar.Show(now);
        return true;
      },
      [&](const std::string& text) {
        bar.End();
        std::cerr << text << '\n';
      });
  bar.End();
  RETURN_IF_ERROR(followed);
  // Elsewhere the last line has said it.
  if (TerminalWidth() > 0) std::cout << Describe(last) << '\n';
  const api::BulkSendProgress& progress = last.progress();
  if (last.state() == api::BULK_SEND_STATE_CANCELLED) {
    return absl::FailedPreconditionError("the bulk send was cancelled");
  }
  if (progress.bounced() + progress.failed() > 0) {
    return absl::FailedPreconditionError(
        "not all mails arrived: portico bulk recipients tells which");
  }
  return absl::OkStatus();
}

}  // namespace

void DeclareBulkWatch(CLI::App& bulk, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = bulk.add_subcommand(
      "watch",
      "Shows how a bulk send goes on until it ends: a bar on a terminal, else a line for each "
      "change. The exit code is 1 when mails bounced or failed, or when it was cancelled.");
  command->add_option("ID", flags->id, "The bulk send, blk_….")->required();
  flags->connection.Declare(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return Watch(*flags); }; });
}

}  // namespace portico::cli

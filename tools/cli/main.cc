#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "libs/settings/version.h"
#include "tools/cli/command.h"
#include "tools/cli/error_text.h"

namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Portico for the command line: what ops and integrators do.", "portico");
  program.set_version_flag("--version", std::string(portico::settings::kVersion));
  program.require_subcommand(1);
  program.footer(
      "Services are reached at PORTICO_ACCOUNT_ADDRESS, PORTICO_CONTACT_ADDRESS, "
      "PORTICO_INVITATION_ADDRESS\nand PORTICO_REGISTRATION_ADDRESS, as the caller whose token is "
      "in PORTICO_TOKEN.\nExit codes: 0 done, 1 the call failed, rows were refused or mails "
      "did not arrive, 2 wrong usage.");

  portico::cli::Action chosen;
  portico::cli::DeclareToken(program, chosen);
  portico::cli::DeclareKeys(program, chosen);
  portico::cli::DeclareSend(program, chosen);
  portico::cli::DeclareImport(program, chosen);
  portico::cli::DeclareCount(program, chosen);
  CLI::App* recipients = program.add_subcommand("recipients", "The contacts that are counted.");
  portico::cli::DeclareRecipientsExport(*recipients->require_subcommand(1), chosen);
  portico::cli::DeclareRebuildRecipients(program, chosen);
  CLI::App* bulk = program.add_subcommand("bulk", "Mail to many contacts at once.");
  bulk->require_subcommand(1);
  portico::cli::DeclareBulkCreate(*bulk, chosen);
  portico::cli::DeclareBulkControl(*bulk, chosen);
  portico::cli::DeclareBulkWatch(*bulk, chosen);
  portico::cli::DeclareBulkList(*bulk, chosen);
  portico::cli::DeclareBulkRecipients(*bulk, chosen);
  CLI::App* events = program.add_subcommand("events", "The events of a service.");
  portico::cli::DeclareEventsTail(*events->require_subcommand(1), chosen);
  CLI::App* mail = program.add_subcommand("mail", "The mails to contacts.");
  portico::cli::DeclareMailLog(*mail->require_subcommand(1), chosen);

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? EXIT_SUCCESS : kWrongUsage;
  }
  if (const absl::Status status = chosen(); !status.ok()) {
    std::cerr << "portico: " << portico::cli::ErrorText(status) << '\n';
    return portico::cli::IsWrongUsage(status) ? kWrongUsage : kFailed;
  }
  return EXIT_SUCCESS;
}

#include <CLI/CLI.hpp>
#include <memory>

#include "libs/auth/key_directory.h"
#include "tools/cli/command.h"

namespace portico::cli {

void DeclareKeys(CLI::App& program, Action& chosen) {
  auto directory = std::make_shared<std::string>("var/keys");
  CLI::App* command = program.add_subcommand(
      "keys", "Makes the keys that a folder lacks; keys that are there stay.");
  command->add_option("DIR", *directory, "The folder.")->capture_default_str();
  command->callback(
      [directory, &chosen] { chosen = [directory] { return auth::EnsureKeys(*directory); }; });
}

}  // namespace portico::cli

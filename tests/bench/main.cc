// The load that tests/bench/run puts on a running system. Each subcommand prints its
// figures as one line of JSON.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/bench/command.h"

int main(int argc, char** argv) {
  CLI::App program("Puts load on a running system and prints figures as JSON.", "portico-bench");
  program.require_subcommand(1);
  portico::bench::Action chosen;
  portico::bench::DeclareRpc(program, chosen);
  portico::bench::DeclareEventToMail(program, chosen);
  portico::bench::DeclareAutoInvitations(program, chosen);
  portico::bench::DeclareDisk(program, chosen);
  portico::bench::DeclareImport(program, chosen);
  portico::bench::DeclareRawInsert(program, chosen);
  CLI11_PARSE(program, argc, argv);
  const auto figures = chosen();
  if (!figures.ok()) {
    std::cerr << "portico-bench: " << figures.status().message() << '\n';
    return EXIT_FAILURE;
  }
  std::cout << *figures << '\n';
  return EXIT_SUCCESS;
}

#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <nlohmann/json_fwd.hpp>

namespace CLI {
class App;
}

namespace portico::bench {

// What the chosen subcommand does; answers its figures.
using Action = std::function<absl::StatusOr<nlohmann::json>()>;

// Each declares one subcommand, in a file of its own. When the command line
// names it, `chosen` becomes its action.
void DeclareRpc(CLI::App& program, Action& chosen);
void DeclareEventToMail(CLI::App& program, Action& chosen);
void DeclareAutoInvitations(CLI::App& program, Action& chosen);
void DeclareDisk(CLI::App& program, Action& chosen);
void DeclareImport(CLI::App& program, Action& chosen);
void DeclareRawInsert(CLI::App& program, Action& chosen);

}  // namespace portico::bench

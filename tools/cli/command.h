#pragma once

#include <absl/status/status.h>

#include <functional>
#include <string_view>

namespace CLI {
class App;
}

namespace portico::cli {

// What the chosen subcommand does once all flags are read.
using Action = std::function<absl::Status()>;

// An action's error that is the command line's own, such as a file that says nothing useful.
absl::Status WrongUsage(std::string_view message);
bool IsWrongUsage(const absl::Status& status);

// Each declares one subcommand, or a few that are alike, with its flags, in a file of its own. When
// the command line names it, `chosen` becomes its action.
void DeclareToken(CLI::App& program, Action& chosen);
void DeclareKeys(CLI::App& program, Action& chosen);
void DeclareSend(CLI::App& program, Action& chosen);
void DeclareImport(CLI::App& program, Action& chosen);
void DeclareCount(CLI::App& program, Action& chosen);
void DeclareRebuildRecipients(CLI::App& program, Action& chosen);
void DeclareRecipientsExport(CLI::App& recipients, Action& chosen);
void DeclareBulkCreate(CLI::App& bulk, Action& chosen);
void DeclareBulkControl(CLI::App& bulk, Action& chosen);
void DeclareBulkWatch(CLI::App& bulk, Action& chosen);
void DeclareBulkList(CLI::App& bulk, Action& chosen);
void DeclareBulkRecipients(CLI::App& bulk, Action& chosen);
void DeclareEventsTail(CLI::App& events, Action& chosen);
void DeclareMailLog(CLI::App& mail, Action& chosen);

}  // namespace portico::cli

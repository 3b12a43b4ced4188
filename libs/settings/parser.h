#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/secret.h"
#include "libs/settings/forms.h"

namespace portico::settings {

// Whether the process goes on, or ends with code 0 since --help or --version was answered.
enum class Outcome { kRun, kExit };

// The value of an environment variable; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& variable)>;

// The settings of a process. Each is declared once with the place of its value,
// which holds the default until Parse() fills it; that place must outlive Parse().
//
// PORTICO_FOO_BAR is read from the environment, an empty value counting as none.
// The flags --foo-bar and --PORTICO_FOO_BAR override it.
class Parser {
 public:
  Parser(std::string program, std::string description);

  void Text(std::string variable, std::string* target, std::string help, Form form = AnyText());
  void Address(std::string variable, std::string* target, std::string help);
  // Between `min` and `max`, both included.
  void Number(std::string variable, int64_t* target, int64_t min, int64_t max, std::string help);
  // Not negative: "30s", "15m", "1h30m".
  void Duration(std::string variable, absl::Duration* target, std::string help);
  // As an environment variable true or false; as a flag also alone.
  void Flag(std::string variable, bool* target, std::string help);
  void Choice(std::string variable, std::string* target, std::vector<std::string> choices,
              std::string help);
  // Separated by commas, blanks round them dropped.
  void List(std::string variable, std::vector<std::string>* target, std::string help);
  // Also as VARIABLE_FILE: a file that holds it, whose last line break is dropped.
  // No message ever shows its value.
  void Secret(std::string variable, portico::Secret* target, std::string help,
              Form form = AnyText());

  // A rule about several settings, run when all have their values.
  void Check(std::function<absl::Status()> rule);

  // Fills every target, or answers --help and --version on standard output.
  // INVALID_ARGUMENT: one line that names the variable, what it got and what it wants.
  absl::StatusOr<Outcome> Parse(int argc, const char* const* argv);

  // The same with the arguments after the program's name, and a given environment.
  absl::StatusOr<Outcome> Parse(const std::vector<std::string>& arguments,
                                const Environment& environment, std::ostream& out);

 private:
  struct Setting {
    std::string variable;
    std::string want;
    std::string help;
    std::string default_text;
    bool is_secret = false;
    bool is_flag = false;
    std::function<bool(const std::string&)> assign;  // False: not what is wanted.
  };

  static absl::Status Assign(const Setting& setting, const std::string& value);
  void PrintHelp(std::ostream& out) const;

  const std::string program_;
  const std::string description_;
  std::vector<Setting> settings_;
  std::vector<std::function<absl::Status()>> rules_;
};

}  // namespace portico::settings

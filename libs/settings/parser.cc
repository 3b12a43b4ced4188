#include "libs/settings/parser.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <map>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/settings/read_file.h"
#include "libs/settings/version.h"

namespace portico::settings {
namespace {

constexpr std::string_view kPrefix = "PORTICO_";

// "PORTICO_FOO_BAR" becomes "--foo-bar".
std::string FlagName(const std::string& variable) {
  const std::string rest =
      variable.starts_with(kPrefix) ? variable.substr(kPrefix.size()) : variable;
  return "--" + absl::StrReplaceAll(absl::AsciiStrToLower(rest), {{"_", "-"}});
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& variable, const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) {
    return absl::InvalidArgumentError(variable + ": want a readable file, got " +
                                      std::string(text.status().message()));
  }
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  if (text->empty()) {
    return absl::InvalidArgumentError(variable + ": got \"" + path + "\", which is empty");
  }
  return text;
}

// What the command line and the environment give, before it is understood.
class Sources {
 public:
  Sources(const std::map<std::string, std::string>& flags, const Environment& environment)
      : flags_(flags), environment_(environment) {}

  // A flag in either form beats the environment in either form.
  absl::StatusOr<std::optional<std::string>> Find(const std::string& variable,
                                                  bool may_be_file) const {
    for (const auto& source : {&Sources::FromFlags, &Sources::FromEnvironment}) {
      std::optional<std::string> value = (this->*source)(variable);
      if (!may_be_file) {
        if (value.has_value()) return value;
        continue;
      }
      const std::string file_variable = variable + "_FILE";
      const std::optional<std::string> path = (this->*source)(file_variable);
      if (value.has_value() && path.has_value()) {
        return absl::InvalidArgumentError(variable + ": got " + file_variable +
                                          " as well, want one of the two");
      }
      if (value.has_value()) return value;
      if (path.has_value()) return ReadSecretFile(file_variable, *path);
    }
    return std::nullopt;
  }

 private:
  std::optional<std::string> FromFlags(const std::string& variable) const {
    const auto found = flags_.find(variable);
    if (found == flags_.end()) return std::nullopt;
    return found->second;
  }

  std::optional<std::string> FromEnvironment(const std::string& variable) const {
    std::optional<std::string> value = environment_(variable);
    if (value.has_value() && value->empty()) return std::nullopt;
    return value;
  }

  const std::map<std::string, std::string>& flags_;
  const Environment& environment_;
};

std::optional<std::string> FromProcess(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace

Parser::Parser(std::string program, std::string description)
    : program_(std::move(program)), description_(std::move(description)) {}

void Parser::Text(std::string variable, std::string* target, std::string help, Form form) {
  settings_.push_back(
      {.variable = std::move(variable),
       .want = form.want,
       .help = std::move(help),
       .default_text = *target,
       .assign = [target, accepts = std::move(form.accepts)](const std::string& value) {
         if (!accepts(value)) return false;
         *target = value;
         return true;
       }});
}

void Parser::Address(std::string variable, std::string* target, std::string help) {
  Text(std::move(variable), target, std::move(help), HostAndPort());
}

void Parser::Number(std::string variable, int64_t* target, int64_t min, int64_t max,
                    std::string help) {
  settings_.push_back(
      {.variable = std::move(variable),
       .want = "a whole number from " + std::to_string(min) + " to " + std::to_string(max),
       .help = std::move(help),
       .default_text = std::to_string(*target),
       .assign = [target, min, max](const std::string& value) {
         int64_t number = 0;
         const char* end = value.data() + value.size();
         const auto result = std::from_chars(value.data(), end, number);
         if (result.ec != std::errc() || result.ptr != end) return false;
         if (number < min || number > max) return false;
         *target = number;
         return true;
       }});
}

void Parser::Duration(std::string variable, absl::Duration* target, std::string help) {
  settings_.push_back({.variable = std::move(variable),
                       .want = "a duration such as 30s or 15m",
                       .help = std::move(help),
                       .default_text = absl::FormatDuration(*target),
                       .assign = [target](const std::string& value) {
                         absl::Duration duration;
                         if (!absl::ParseDuration(value, &duration)) return false;
                         if (duration < absl::ZeroDuration()) return false;
                         if (duration == absl::InfiniteDuration()) return false;
                         *target = duration;
                         return true;
                       }});
}

void Parser::Flag(std::string variable, bool* target, std::string help) {
  settings_.push_back({.variable = std::move(variable),
                       .want = "true or false",
                       .help = std::move(help),
                       .default_text = *target ? "true" : "false",
                       .is_flag = true,
                       .assign = [target](const std::string& value) {
                         if (value != "true" && value != "false") return false;
                         *target = value == "true";
                         return true;
                       }});
}

void Parser::Choice(std::string variable, std::string* target, std::vector<std::string> choices,
                    std::string help) {
  const std::string want = "one of " + absl::StrJoin(choices, ", ");
  Text(std::move(variable), target, std::move(help),
       {want, [choices = std::move(choices)](std::string_view value) {
          return std::find(choices.begin(), choices.end(), value) != choices.end();
        }});
}

void Parser::List(std::string variable, std::vector<std::string>* target, std::string help) {
  settings_.push_back({.variable = std::move(variable),
                       .want = "values separated by commas",
                       .help = std::move(help),
                       .default_text = absl::StrJoin(*target, ","),
                       .assign = [target](const std::string& value) {
                         target->clear();
                         for (absl::string_view part : absl::StrSplit(value, ',')) {
                           part = absl::StripAsciiWhitespace(part);
                           if (!part.empty()) target->emplace_back(part);
                         }
                         return true;
                       }});
}

void Parser::Secret(std::string variable, portico::Secret* target, std::string help, Form form) {
  settings_.push_back(
      {.variable = std::move(variable),
       .want = form.want,
       .help = std::move(help),
       .default_text = target->Reveal(),
       .is_secret = true,
       .assign = [target, accepts = std::move(form.accepts)](const std::string& value) {
         if (!accepts(value)) return false;
         *target = portico::Secret(value);
         return true;
       }});
}

void Parser::Check(std::function<absl::Status()> rule) { rules_.push_back(std::move(rule)); }

absl::StatusOr<Outcome> Parser::Parse(int argc, const char* const* argv) {
  return Parse(std::vector<std::string>(argv + std::min(argc, 1), argv + argc), FromProcess,
               std::cout);
}

absl::StatusOr<Outcome> Parser::Parse(const std::vector<std::string>& arguments,
                                      const Environment& environment, std::ostream& out) {
  std::map<std::string, std::string> flags;
  bool help = false;
  bool version = false;
  try {
    CLI::App app;
    app.set_help_flag();
    app.add_flag("-h,--help", help);
    app.add_flag("--version", version);
    const auto add = [&](const std::string& variable, bool is_flag) {
      const std::string names = FlagName(variable) + ",--" + variable;
      const auto keep = [&flags, variable](const std::string& value) { flags[variable] = value; };
      if (is_flag) {
        app.add_flag(names)->each(keep);
      } else {
        app.add_option(names)->expected(1)->each(keep);
      }
    };
    for (const Setting& setting : settings_) {
      add(setting.variable, setting.is_flag);
      if (setting.is_secret) add(setting.variable + "_FILE", false);
    }
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Error& error) {
    return absl::InvalidArgumentError(std::string(error.what()) + "; --help lists the settings");
  }
  if (help || version) {
    if (help) {
      PrintHelp(out);
    } else {
      out << program_ << ' ' << kVersion << '\n';
    }
    return Outcome::kExit;
  }
  const Sources sources(flags, environment);
  for (const Setting& setting : settings_) {
    ASSIGN_OR_RETURN(const std::optional<std::string> value,
                     sources.Find(setting.variable, setting.is_secret));
    if (value.has_value()) RETURN_IF_ERROR(Assign(setting, *value));
  }
  for (const auto& rule : rules_) RETURN_IF_ERROR(rule());
  return Outcome::kRun;
}

absl::Status Parser::Assign(const Setting& setting, const std::string& value) {
  if (setting.assign(value)) return absl::OkStatus();
  const std::string got =
      setting.is_secret ? "something else" : '"' + absl::Utf8SafeCEscape(value) + '"';
  return absl::InvalidArgumentError(setting.variable + ": got " + got + ", want " + setting.want);
}

void Parser::PrintHelp(std::ostream& out) const {
  out << program_ << ": " << description_ << "\n\n"
      << "Settings are read from the environment; the flag named beside each overrides it.\n\n"
      << "  --help, --version\n";
  for (const Setting& setting : settings_) {
    out << "\n  " << setting.variable << ", " << FlagName(setting.variable) << " (" << setting.want
        << ")\n";
    if (setting.is_secret) {
      out << "  " << setting.variable << "_FILE, " << FlagName(setting.variable + "_FILE")
          << " (a file that holds it)\n";
    }
    out << "      " << setting.help
        << "\n      Default: " << (setting.default_text.empty() ? "none" : setting.default_text)
        << '\n';
  }
}

}  // namespace portico::settings

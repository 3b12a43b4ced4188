#pragma once

#include <concepts>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>

// One line per entry on standard error: time, level, service, message, the
// entry's fields and the trace id. Nothing that a value holds can break a line or
// begin another. Never above debug level: an e-mail address (see redact.h), a
// token, a password. Thread-safe after Init.
namespace portico::log {

// A named value of a log entry. Numbers and booleans stay such in JSON.
struct Field {
  Field(std::string_view name, std::string_view text) : key(name), value(text) {}
  Field(std::string_view name, const char* text) : key(name), value(text) {}
  Field(std::string_view name, double number);
  Field(std::string_view name, std::same_as<bool> auto truth)
      : key(name), value(truth ? "true" : "false"), is_literal(true) {}
  Field(std::string_view name,
        std::integral auto number) requires(!std::same_as<decltype(number), bool>)
      : key(name), value(std::to_string(number)), is_literal(true) {}

  std::string_view key;
  std::string value;
  bool is_literal = false;  // Stands in JSON as it is, without quotes.
};

// Sets up the process's log, spdlog's default logger included, so that code which
// uses that comes out alike. `level` is trace, debug, info, warn or error and
// `format` text or json, as the settings have checked. Call once, before other threads run.
void Init(std::string_view service, std::string_view level, std::string_view format);

// The same into `out`, which must outlive all logging.
void Init(std::string_view service, std::string_view level, std::string_view format,
          std::ostream& out);

//   log::Info("call", {{"method", method}, {"duration_ms", 1.25}});
void Debug(std::string_view message, std::initializer_list<Field> fields = {});
void Info(std::string_view message, std::initializer_list<Field> fields = {});
void Warn(std::string_view message, std::initializer_list<Field> fields = {});
void Error(std::string_view message, std::initializer_list<Field> fields = {});

}  // namespace portico::log

#include "libs/log/log.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <memory>
#include <utility>

#include "libs/log/descriptor_sink.h"
#include "libs/log/line_formatter.h"

namespace portico::log {
namespace {

spdlog::level::level_enum LevelOf(std::string_view name) {
  if (name == "trace") return spdlog::level::trace;
  if (name == "debug") return spdlog::level::debug;
  if (name == "warn") return spdlog::level::warn;
  if (name == "error") return spdlog::level::err;
  return spdlog::level::info;
}

void InitWith(spdlog::sink_ptr sink, std::string_view service, std::string_view level,
              std::string_view format) {
  auto logger = std::make_shared<spdlog::logger>(std::string(service), std::move(sink));
  logger->set_formatter(std::make_unique<LineFormatter>(std::string(service), format == "json"));
  logger->set_level(LevelOf(level));
  spdlog::set_default_logger(std::move(logger));
}

void Log(spdlog::level::level_enum level, std::string_view message,
         std::initializer_list<Field> fields) {
  // Programs that set up no log, such as tests, get one too: spdlog's own shows no fields.
  [[maybe_unused]] static const bool is_set_up = [] {
    if (spdlog::default_logger_raw()->name().empty()) {
      Init(program_invocation_short_name, "info", "text");
    }
    return true;
  }();
  spdlog::logger& logger = *spdlog::default_logger_raw();
  if (!logger.should_log(level)) return;
  const FieldsOfThread handed_over({fields.begin(), fields.size()});
  logger.log(level, spdlog::string_view_t(message.data(), message.size()));
}

}  // namespace

Field::Field(std::string_view name, double number)
    : key(name),
      value(std::isfinite(number) ? fmt::format("{:.6g}", number) : "null"),
      is_literal(true) {}

void Init(std::string_view service, std::string_view level, std::string_view format) {
  InitWith(std::make_shared<DescriptorSink>(STDERR_FILENO), service, level, format);
}

void Init(std::string_view service, std::string_view level, std::string_view format,
          std::ostream& out) {
  InitWith(std::make_shared<spdlog::sinks::ostream_sink_mt>(out, /*force_flush=*/true), service,
           level, format);
}

void Debug(std::string_view message, std::initializer_list<Field> fields) {
  Log(spdlog::level::debug, message, fields);
}
void Info(std::string_view message, std::initializer_list<Field> fields) {
  Log(spdlog::level::info, message, fields);
}
void Warn(std::string_view message, std::initializer_list<Field> fields) {
  Log(spdlog::level::warn, message, fields);
}
void Error(std::string_view message, std::initializer_list<Field> fields) {
  Log(spdlog::level::err, message, fields);
}

}  // namespace portico::log

#include "libs/log/line_formatter.h"

#include <absl/strings/str_format.h>
#include <absl/time/time.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "libs/log/trace.h"

namespace portico::log {
namespace {

thread_local std::span<const Field> fields_of_thread;

std::string_view LevelName(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return "trace";
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warn";
    default:
      return "error";
  }
}

std::string FormatUtc(std::chrono::system_clock::time_point time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromChrono(time), absl::UTCTimeZone());
}

// As a JSON string; what is not UTF-8 becomes U+FFFD.
std::string Quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Replaces what would break the line or steer a terminal: C0, DEL and C1.
std::string WithoutControls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte == '\n') {
      out += "\\n";
    } else if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) {
      out += absl::StrFormat("\\u%04x", next);
      ++i;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += absl::StrFormat("\\u%04x", byte);
    } else {
      out += text[i];
    }
  }
  return out;
}

bool NeedsQuotes(std::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == '"' || byte == '=' || byte == '\\' || byte == 0x7F) return true;
  }
  return false;
}

std::string TextLine(const std::string& service, const spdlog::details::log_msg& entry) {
  std::string line = FormatUtc(entry.time) + ' ';
  line += LevelName(entry.level);
  line += ' ' + service + ": ";
  line += WithoutControls({entry.payload.data(), entry.payload.size()});
  const auto append = [&line](std::string_view key, std::string_view value) {
    line += ' ';
    line += key;
    line += '=';
    line += WithoutControls(NeedsQuotes(value) ? Quoted(value) : std::string(value));
  };
  for (const Field& field : fields_of_thread) append(field.key, field.value);
  if (!CurrentTraceId().empty()) append("trace_id", CurrentTraceId());
  return line;
}

std::string JsonLine(const std::string& service, const spdlog::details::log_msg& entry) {
  std::string line = "{\"time\":\"" + FormatUtc(entry.time) + '"';
  const auto append = [&line](std::string_view key, const std::string& json) {
    line += ',' + Quoted(key) + ':' + json;
  };
  append("level", Quoted(LevelName(entry.level)));
  append("service", Quoted(service));
  append("message", Quoted({entry.payload.data(), entry.payload.size()}));
  for (const Field& field : fields_of_thread) {
    append(field.key, field.is_literal ? field.value : Quoted(field.value));
  }
  if (!CurrentTraceId().empty()) append("trace_id", Quoted(CurrentTraceId()));
  return line + '}';
}

}  // namespace

LineFormatter::LineFormatter(std::string service, bool json)
    : service_(std::move(service)), json_(json) {}

void LineFormatter::format(const spdlog::details::log_msg& entry, spdlog::memory_buf_t& line) {
  const std::string text = json_ ? JsonLine(service_, entry) : TextLine(service_, entry);
  line.append(text.data(), text.data() + text.size());
  line.push_back('\n');
}

std::unique_ptr<spdlog::formatter> LineFormatter::clone() const {
  return std::make_unique<LineFormatter>(service_, json_);
}

FieldsOfThread::FieldsOfThread(std::span<const Field> fields) { fields_of_thread = fields; }
FieldsOfThread::~FieldsOfThread() { fields_of_thread = {}; }

}  // namespace portico::log

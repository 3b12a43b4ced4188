#include "libs/log/trace.h"

#include <absl/strings/escaping.h>

#include <utility>

#include "libs/base/random.h"

namespace portico::log {
namespace {

thread_local Trace trace_of_thread;

bool IsHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// An id of zeros is invalid.
bool IsHexId(std::string_view text) {
  return IsHex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

std::string RandomHex(size_t bytes) { return absl::BytesToHexString(RandomBytes(bytes)); }

}  // namespace

std::string NewTraceId() { return RandomHex(16); }

// https://www.w3.org/TR/trace-context/#traceparent-header:
// version "-" trace id "-" parent id "-" flags; later versions may append more.
std::optional<std::string> ParseTraceparent(std::string_view header) {
  constexpr size_t kLength = 2 + 1 + 32 + 1 + 16 + 1 + 2;
  if (header.size() < kLength) return std::nullopt;
  const std::string_view version = header.substr(0, 2);
  const std::string_view trace_id = header.substr(3, 32);
  const std::string_view parent_id = header.substr(36, 16);
  const std::string_view flags = header.substr(53, 2);
  if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  if (!IsHex(version) || version == "ff" || !IsHex(flags)) return std::nullopt;
  if (!IsHexId(trace_id) || !IsHexId(parent_id)) return std::nullopt;
  if (header.size() > kLength && (version == "00" || header[kLength] != '-')) return std::nullopt;
  return std::string(trace_id);
}

std::string FormatTraceparent(std::string_view trace_id) {
  return "00-" + std::string(trace_id) + '-' + RandomHex(8) + "-01";
}

TraceScope::TraceScope(Trace trace) : outer_(std::exchange(trace_of_thread, std::move(trace))) {}

TraceScope::~TraceScope() { trace_of_thread = std::move(outer_); }

const Trace& CurrentTrace() { return trace_of_thread; }

}  // namespace portico::log

#pragma once

#include <optional>
#include <string>
#include <string_view>

// The trace that an entry or a call belongs to, by W3C Trace Context.
namespace portico::log {

// 32 random hex digits.
std::string NewTraceId();

// The trace id of a `traceparent` header; nullopt when the header is malformed, so
// that the caller starts a new trace.
std::optional<std::string> ParseTraceparent(std::string_view header);

// The header for a call made within the trace; its parent id is new each time.
std::string FormatTraceparent(std::string_view trace_id);

// Gives the log lines of this thread a trace id while it lives; scopes nest.
class TraceScope {
 public:
  explicit TraceScope(std::string trace_id);
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  std::string outer_;
};

// The trace id of this thread's innermost scope, or "".
const std::string& CurrentTraceId();

}  // namespace portico::log

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

// The trace that an entry or a call belongs to, by W3C Trace Context.
namespace portico::log {

// 32 random hex digits.
std::string NewTraceId();

// The trace id of a `traceparent` header; nullopt when the header is malformed, so
// that the caller starts a new trace.
std::optional<std::string> ParseTraceparent(std::string_view header);

// The header for a call made within the trace; its parent id is new each time.
std::string FormatTraceparent(std::string_view trace_id);

// What work is done for.
struct Trace {
  std::string id;
  std::string actor;  // Who asked for it: the subject of a token, or a service; may be empty.
};

// What this thread works for while it lives; its log lines carry the trace id. Scopes nest.
class TraceScope {
 public:
  explicit TraceScope(Trace trace);
  explicit TraceScope(std::string trace_id) : TraceScope(Trace{std::move(trace_id), ""}) {}
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  Trace outer_;
};

// Those of this thread's innermost scope, or empty ones.
const Trace& CurrentTrace();
inline const std::string& CurrentTraceId() { return CurrentTrace().id; }

}  // namespace portico::log

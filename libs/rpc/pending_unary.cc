#include "libs/rpc/pending_unary.h"

#include <exception>
#include <typeinfo>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/log/trace.h"
#include "libs/rpc/byte_buffer.h"
#include "libs/rpc/call_scope.h"
#include "libs/rpc/status_conversion.h"

namespace portico::rpc {

PendingUnary::PendingUnary(const Server& server, const Endpoint& endpoint, const Handler& handler,
                           Wire wire)
    : server_(server),
      endpoint_(endpoint),
      handler_(handler),
      wire_(wire),
      start_(SteadyClock().Now()) {}

PendingUnary::~PendingUnary() {
  if (!finished_) Finish(absl::InternalError("a handler did not answer"));
}

void PendingUnary::Run() {
  trace_id_ = TraceIdOf(wire_.context);
  const log::TraceScope trace(trace_id_);
  if (const absl::Status admitted = Admit(); !admitted.ok()) return Finish(admitted);
  RunGuarded([this] { handler_(shared_from_this(), call_, *request_); });
}

absl::Status PendingUnary::Admit() {
  ASSIGN_OR_RETURN(call_, server_.admission.Admit(endpoint_, wire_.context));
  ASSIGN_OR_RETURN(request_, Admission::Read(endpoint_, call_.caller, wire_.request));
  response_.reset(endpoint_.response->New());
  return absl::OkStatus();
}

void PendingUnary::Continue(absl::AnyInvocable<void()> step) {
  server_.pool.Submit([self = shared_from_this(), step = std::move(step)]() mutable {
    self->RunGuarded(std::move(step));
  });
}

void PendingUnary::RunGuarded(absl::AnyInvocable<void()> step) {
  try {
    const log::TraceScope trace(log::Trace{trace_id_, call_.caller.subject});
    const CallScope scope(call_.deadline);
    step();
  } catch (const std::exception& error) {
    log::Error("a handler threw", {{"what", typeid(error).name()}});
    Finish(absl::InternalError("a handler threw"));
  }
}

void PendingUnary::Finish(const absl::Status& status) {
  if (finished_.exchange(true)) return;
  for (const auto& [key, value] : call_.response_metadata) {
    wire_.context.AddTrailingMetadata(key, value);
  }
  if (status.ok()) wire_.response = Serialize(*response_);
  server_.record(endpoint_, status, SteadyClock().Now() - start_);
  wire_.reactor.Finish(ToGrpc(status));
}

void PendingUnary::Refuse(const absl::Status& status) {
  if (!finished_.exchange(true)) wire_.reactor.Finish(ToGrpc(status));
}

}  // namespace portico::rpc

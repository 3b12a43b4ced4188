#include "libs/rpc/call_scope.h"

namespace portico::rpc {
namespace {

thread_local absl::Time current = absl::InfiniteFuture();

}  // namespace

CallScope::CallScope(absl::Time deadline) : outer_(current) { current = deadline; }
CallScope::~CallScope() { current = outer_; }
absl::Time CallScope::Deadline() { return current; }

}  // namespace portico::rpc

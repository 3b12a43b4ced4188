#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>

#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/events/subscription.h"

namespace portico::contact {

template <class M>
bool IsOf(const events::Event& event) {
  return event.type() == M::descriptor()->full_name();
}

// DATA_LOSS: the payload is not what the event's type says.
template <class M>
absl::StatusOr<M> PayloadOf(const events::Event& event) {
  M payload;
  if (!event.data().UnpackTo(&payload)) {
    return absl::DataLossError(
        absl::StrCat("event ", event.id(), ": got a payload that is no ", event.type()));
  }
  return payload;
}

// One effect after the other.
inline events::Effect InOrder(std::vector<events::Effect> effects) {
  return [effects = std::move(effects)](storage::Session& session) -> absl::Status {
    for (const events::Effect& effect : effects) RETURN_IF_ERROR(effect(session));
    return absl::OkStatus();
  };
}

}  // namespace portico::contact

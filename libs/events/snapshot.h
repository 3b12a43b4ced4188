#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/storage/message_table.h"

namespace portico::events {

// One thing that there is, told by the event that would announce it.
struct State {
  std::string key;  // By which the things of one kind are ordered.
  std::unique_ptr<google::protobuf::Message> payload;
  std::string subject;
  std::string partition;
};

// All things of one kind.
struct SnapshotKind {
  std::string type;  // Of the events: the payload's full name.
  // Up to `limit` whose keys come after a given one, in their order.
  std::function<absl::StatusOr<std::vector<State>>(storage::Session& session,
                                                   const std::string& after, int limit)>
      list;
};

// What tells all that a service's events have ever told, as it stands now: for consumers that
// start when the first events are no longer kept.
using Snapshot = std::vector<SnapshotKind>;

// The rows of a table whose key is "id", each as what `announce` makes of it but for key and
// subject. `table` outlives it.
template <class M>
SnapshotKind SnapshotOf(const storage::Table<M>& table, const google::protobuf::Message& event,
                        std::function<State(M)> announce) {
  return {
      event.GetTypeName(),
      [&table, announce = std::move(announce)](storage::Session& session, const std::string& after,
                                               int limit) -> absl::StatusOr<std::vector<State>> {
        ASSIGN_OR_RETURN(
            std::vector<M> rows,
            table.List(session, "where id > :after order by id limit :limit", after, limit));
        std::vector<State> states;
        for (M& row : rows) {
          const std::string id = row.id();
          State& state = states.emplace_back(announce(std::move(row)));
          state.key = state.subject = id;
        }
        return states;
      }};
}

}  // namespace portico::events

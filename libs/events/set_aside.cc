#include "libs/events/set_aside.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/events/payload.h"

namespace portico::events {

using portico::events::v1::Event;

namespace {

constexpr int64_t kErased = 100;  // How many are read at a time.

bool Names(const Event& event, const std::set<std::string>& ids) {
  return std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
    return !id.empty() &&
           (event.subject() == id || event.data().value().find(id) != std::string::npos);
  });
}

}  // namespace

absl::Status SetAside::Insert(storage::Session& session, const Event& event,
                              const absl::Status& error) const {
  return session
      .Execute(
          "insert into event_set_aside "
          "(consumer, position, partition_key, type, subject, error, time, event) values "
          "(:consumer, :position, :partition_key, :type, :subject, :error, :time, :event) "
          "on conflict (consumer, position) do nothing",
          consumer_, event.position(), event.partition(), event.type(), event.subject(),
          std::string(error.message()), ToMicros(clock_.Now()),
          absl::Base64Escape(event.SerializeAsString()))
      .status();
}

absl::StatusOr<absl::flat_hash_set<std::string>> SetAside::Partitions(
    storage::Session& session) const {
  ASSIGN_OR_RETURN(
      const auto rows,
      session.Select<std::string>(
          "select distinct partition_key from event_set_aside where consumer = :consumer",
          consumer_));
  absl::flat_hash_set<std::string> partitions;
  for (const auto& [partition] : rows) partitions.insert(partition);
  return partitions;
}

absl::StatusOr<std::vector<Event>> SetAside::ListFirst(storage::Session& session, int64_t after,
                                                       int limit) const {
  ASSIGN_OR_RETURN(const auto rows,
                   session.Select<int64_t, std::string>(
                       "select position, event from event_set_aside where consumer = :consumer "
                       "and position > :after and position in (select min(position) "
                       "from event_set_aside where consumer = :consumer group by partition_key) "
                       "order by position limit :limit",
                       consumer_, after, limit));
  std::vector<Event> events;
  for (const auto& [position, text] : rows) {
    std::string bytes;
    if (!absl::Base64Unescape(text, &bytes) || !events.emplace_back().ParseFromString(bytes)) {
      return absl::DataLossError(absl::StrCat("set-aside event ", position, " cannot be read"));
    }
  }
  return events;
}

absl::StatusOr<int64_t> SetAside::Count(storage::Session& session) const {
  ASSIGN_OR_RETURN(
      const auto row,
      session.SelectOne<int64_t>("select count(*) from event_set_aside where consumer = :consumer",
                                 consumer_));
  return std::get<0>(*row);
}

absl::StatusOr<bool> SetAside::Remove(storage::Session& session, const Event& event) const {
  ASSIGN_OR_RETURN(
      const int64_t removed,
      session.Execute(
          "delete from event_set_aside where consumer = :consumer and position = :position",
          consumer_, event.position()));
  return removed > 0;
}

absl::Status SetAside::Erase(storage::Session& session, const std::set<std::string>& ids) {
  using Row = std::tuple<std::string, int64_t, std::string>;
  std::string consumer;
  int64_t after = 0;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<Row> rows,
                     (session.Select<std::string, int64_t, std::string>(
                         "select consumer, position, event from event_set_aside "
                         "where (consumer, position) > (:consumer, :after) "
                         "order by consumer, position limit :limit",
                         consumer, after, kErased)));
    for (const auto& [of, position, text] : rows) {
      std::string bytes;
      Event event;
      // What cannot be read is of no event.
      if (!absl::Base64Unescape(text, &bytes) || !event.ParseFromString(bytes)) continue;
      if (!Names(event, ids)) continue;
      std::string payload = event.data().value();
      if (!ErasePersonal(event.type(), payload) || payload == event.data().value()) continue;
      event.mutable_data()->set_value(std::move(payload));
      RETURN_IF_ERROR(session
                          .Execute("update event_set_aside set event = :event, error = :error "
                                   "where consumer = :consumer and position = :position",
                                   absl::Base64Escape(event.SerializeAsString()),
                                   "what it told of a person was erased", of, position)
                          .status());
    }
    if (static_cast<int64_t>(rows.size()) < kErased) return absl::OkStatus();
    consumer = std::get<0>(rows.back());
    after = std::get<1>(rows.back());
  }
}

}  // namespace portico::events

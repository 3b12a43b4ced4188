#include "libs/events/cursor.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "libs/base/status_macros.h"

namespace portico::events {

bool Place::Passed(const portico::events::v1::Event& event) const {
  return event.position() <= std::max(log, parts[PartOf(event.partition())]);
}

Cursor::Cursor(std::string consumer, std::optional<int> part)
    : consumer_(std::move(consumer)), part_(part) {}

absl::StatusOr<Place> Cursor::Read(storage::Session& session) const {
  Place place;
  ASSIGN_OR_RETURN(const auto log,
                   session.SelectOne<int64_t>(
                       "select position from event_cursor where consumer = :consumer", consumer_));
  if (log.has_value()) place.log = std::get<0>(*log);
  if (part_.has_value()) {
    // Only its own, so that those who follow other parts never come in each other's way.
    ASSIGN_OR_RETURN(const auto own,
                     session.SelectOne<int64_t>("select position from event_part_cursor "
                                                "where consumer = :consumer and part = :part",
                                                consumer_, *part_));
    if (own.has_value()) place.parts[*part_] = std::get<0>(*own);
    return place;
  }
  using Row = std::tuple<int64_t, int64_t>;
  ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      session.Select<int64_t, int64_t>(
          "select part, position from event_part_cursor where consumer = :consumer", consumer_));
  for (const auto& [part, position] : rows) place.parts[part] = position;
  return place;
}

absl::Status Cursor::Move(storage::Session& session, int64_t position) const {
  if (part_.has_value()) {
    return session
        .Execute(
            "insert into event_part_cursor (consumer, part, position) "
            "values (:consumer, :part, :position) "
            "on conflict (consumer, part) do update set position = excluded.position",
            consumer_, *part_, position)
        .status();
  }
  return session
      .Execute(
          "insert into event_cursor (consumer, position) values (:consumer, :position) "
          "on conflict (consumer) do update set position = excluded.position",
          consumer_, position)
      .status();
}

int64_t Cursor::Position(const Place& place) const {
  return part_.has_value() ? std::max(place.log, place.parts[*part_]) : place.log;
}

}  // namespace portico::events

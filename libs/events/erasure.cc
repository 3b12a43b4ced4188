#include "libs/events/erasure.h"

#include <absl/strings/escaping.h>

#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/events/payload.h"
#include "libs/events/set_aside.h"

namespace portico::events {
namespace {

using storage::Session;

constexpr int64_t kPortion = 1000;
constexpr absl::Duration kRest = absl::Seconds(5);

using Row = std::tuple<int64_t, std::string, std::string, std::string>;

// Until it is known how far, and to releases that know no such value, the whole log.
constexpr int64_t kNotYetKnown = std::numeric_limits<int64_t>::max();

// The payload without what is personal; nullopt for one of an unknown type.
std::optional<std::string> Erased(const std::string& type, const std::string& data) {
  std::string payload;
  if (!absl::Base64Unescape(data, &payload) || !ErasePersonal(type, payload)) return std::nullopt;
  return absl::Base64Escape(payload);
}

// Up to where the log tells of somebody is known once none of the events about it waits for its
// position: that is given in an order of its own, by which those of transactions that were not
// yet committed may come first.
absl::Status LearnHowFar(Session& session) {
  return session
      .Execute(
          "update event_erasure set until_position = "
          "(select coalesce(max(position), 0) from event_log) "
          "where until_position = :not_yet_known and not exists (select 1 from event_log "
          "where position is null and event_log.subject = event_erasure.subject)",
          kNotYetKnown)
      .status();
}

}  // namespace

absl::Status Erasure::Request(Session& session, std::string_view subject) {
  return session
      .Execute(
          "insert into event_erasure (subject, position, until_position) "
          "values (:subject, 0, :not_yet_known) on conflict (subject) do update "
          "set position = 0, until_position = excluded.until_position",
          subject, kNotYetKnown)
      .status();
}

absl::Duration Erasure::RunOnce() {
  const absl::StatusOr<bool> more = Step();
  return more.ok() && *more ? absl::ZeroDuration() : kRest;
}

// One portion of the log, for all whose erasure has not come so far.
absl::StatusOr<bool> Erasure::Step() {
  using Waiting = std::tuple<std::string, int64_t>;
  ASSIGN_OR_RETURN(const std::vector<Waiting> waiting, database_.ReadOne([](Session& session) {
    return session.Select<std::string, int64_t>(
        "select subject, position from event_erasure order by position limit 100");
  }));
  if (waiting.empty()) return false;
  const int64_t after = std::get<1>(waiting.front());
  std::set<std::string> subjects;
  for (const auto& [subject, position] : waiting) {
    if (position == after) subjects.insert(subject);
  }
  ASSIGN_OR_RETURN(const std::vector<Row> rows, database_.ReadOne([&](Session& session) {
    return session.Select<int64_t, std::string, std::string, std::string>(
        "select position, subject, type, data from event_log where position > :after "
        "order by position limit :limit",
        after, kPortion);
  }));
  const int64_t end = rows.empty() ? after : std::get<0>(rows.back());
  const absl::Status written = database_.Write([&](Session& session) -> absl::Status {
    if (after == 0) RETURN_IF_ERROR(SetAside::Erase(session, subjects));
    for (const auto& [position, subject, type, data] : rows) {
      if (!subjects.contains(subject)) continue;
      const std::optional<std::string> erased = Erased(type, data);
      if (!erased.has_value()) continue;
      RETURN_IF_ERROR(session
                          .Execute("update event_log set data = :data where position = :position",
                                   *erased, position)
                          .status());
    }
    for (const std::string& subject : subjects) {
      RETURN_IF_ERROR(session
                          .Execute("update event_erasure set position = :end "
                                   "where subject = :subject and position = :after",
                                   end, subject, after)
                          .status());
    }
    RETURN_IF_ERROR(LearnHowFar(session));
    return session.Execute("delete from event_erasure where position >= until_position").status();
  });
  RETURN_IF_ERROR(written);
  // Without any, the rest has no positions yet.
  return !rows.empty();
}

}  // namespace portico::events

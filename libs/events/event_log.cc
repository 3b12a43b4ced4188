#include "libs/events/event_log.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/events/part.h"
#include "libs/log/trace.h"
#include "libs/storage/row_set.h"

namespace portico::events {

using portico::events::v1::Event;
using portico::events::v1::WatchEventsResponse;

namespace {

// Events are small, but for those that are not: a batch ends past this size.
constexpr size_t kBatchBytes = 1 << 20;

// How many events are given their positions at a time.
constexpr int64_t kPlaced = 2000;
// How many old ones are deleted at a time, and how often they are looked for.
constexpr int64_t kForgotten = 1000;
constexpr absl::Duration kForgetRest = absl::Minutes(10);
// What a process that died has left without positions waits for this at most.
constexpr absl::Duration kPlaceRest = absl::Seconds(1);

// One writer thread assigns positions, so that they are dense and in commit order.
constexpr std::string_view kAppend =
    "insert into event_log (position, id, type, subject, partition_key, time, trace_parent, actor, "
    "data) "
    "values ((select coalesce(max(position), 0) + 1 from event_log), "
    ":id, :type, :subject, :partition_key, :time, :trace_parent, :actor, :data)";
constexpr std::string_view kAppendWithoutPosition =
    "insert into event_log (id, type, subject, partition_key, time, trace_parent, actor, "
    "data) "
    "values (:id, :type, :subject, :partition_key, :time, :trace_parent, :actor, :data)";

}  // namespace

EventLog::EventLog(storage::Database& database, std::string source, const Clock& clock)
    : database_(database), source_(std::move(source)), clock_(clock) {
  if (database.engine() != storage::Engine::kPostgres) return;
  placing_ = std::make_unique<BackgroundLoop>("events", [this] { return PlaceSoon(); });
  listener_ = database.Listen("portico_events", [this] { WakeWatchers(); });
}

EventLog::~EventLog() {
  // Neither may call the other's watchers any more.
  listener_.reset();
  placing_.reset();
}

absl::Status EventLog::Append(storage::Session& session, const google::protobuf::Message& payload,
                              std::string_view subject, std::string_view partition) {
  return Append(session, Prepare(payload, subject, partition));
}

Draft EventLog::Prepare(const google::protobuf::Message& payload, std::string_view subject,
                        std::string_view partition) const {
  const absl::Time now = clock_.Now();
  const log::Trace& trace = log::CurrentTrace();
  return {.id = NewId(IdKind::kEvent, now),
          .type = payload.GetDescriptor()->full_name(),
          .subject = std::string(subject),
          .partition = std::string(partition),
          .time_micros = ToMicros(now),
          .trace_parent = trace.id.empty() ? std::string() : log::FormatTraceparent(trace.id),
          .actor = trace.actor,
          .data = absl::Base64Escape(payload.SerializeAsString())};
}

absl::Status EventLog::Append(storage::Session& session, const Draft& draft) {
  RETURN_IF_ERROR(session
                      .Execute(placing_ == nullptr ? kAppend : kAppendWithoutPosition, draft.id,
                               draft.type, draft.subject, draft.partition, draft.time_micros,
                               draft.trace_parent, draft.actor, draft.data)
                      .status());
  WakeAfterCommit(session);
  return absl::OkStatus();
}

absl::Status EventLog::AppendAll(storage::Session& session, const std::vector<Draft>& drafts) {
  if (placing_ == nullptr) {
    for (const Draft& draft : drafts) RETURN_IF_ERROR(Append(session, draft));
    return absl::OkStatus();
  }
  storage::RowSet rows("event_log", {"id", "type", "subject", "partition_key", "time",
                                     "trace_parent", "actor", "data"});
  for (const Draft& draft : drafts) {
    rows.Add(draft.id, draft.type, draft.subject, draft.partition, draft.time_micros,
             draft.trace_parent, draft.actor, draft.data);
  }
  if (!rows.empty()) WakeAfterCommit(session);
  return session.InsertRows(rows);
}

void EventLog::WakeAfterCommit(storage::Session& session) {
  session.AfterCommit([this] {
    if (placing_ != nullptr) {
      placing_->Wake();
    } else {
      WakeWatchers();
    }
  });
}

// Gives positions to what is committed and has none. The lock keeps a second process from
// giving the same ones; being the transaction's own, it cannot outlive who holds it.
absl::Status EventLog::Place() {
  if (placing_ == nullptr) return absl::OkStatus();
  int64_t placed = 0;
  do {
    ASSIGN_OR_RETURN(const auto waiting, database_.Read([](storage::Session& session) {
      return session.SelectOne<int64_t>(
          "select sequence from event_log where position is null limit 1");
    }));
    if (!waiting.has_value()) return absl::OkStatus();
    ASSIGN_OR_RETURN(
        placed, database_.WriteUnderLocks([](storage::Session& session) -> absl::StatusOr<int64_t> {
          RETURN_IF_ERROR(
              session.SelectOne<std::string>("select pg_advisory_xact_lock(7102)").status());
          ASSIGN_OR_RETURN(
              const int64_t changed,
              session.Execute(
                  "update event_log set position = placed.position from ("
                  "select sequence, row_number() over (order by sequence) + "
                  "(select coalesce(max(position), 0) from event_log) as position "
                  "from event_log where position is null order by sequence limit :most) as placed "
                  "where event_log.sequence = placed.sequence",
                  kPlaced));
          RETURN_IF_ERROR(
              session.SelectOne<std::string>("select pg_notify('portico_events', '')").status());
          return changed;
        }));
  } while (placed == kPlaced);
  return absl::OkStatus();
}

absl::Duration EventLog::PlaceSoon() {
  (void)Place();  // The database tells of its outages itself.
  return kPlaceRest;
}

absl::StatusOr<WatchEventsResponse> EventLog::ReadAfter(int64_t position,
                                                        const std::vector<std::string>& types,
                                                        int limit, const std::vector<int>& parts) {
  using Row = std::tuple<int64_t, std::string, std::string, std::string, std::string, int64_t,
                         std::string, std::string, std::string>;
  RETURN_IF_ERROR(Place());
  ASSIGN_OR_RETURN(const std::vector<Row> rows, database_.Read([&](storage::Session& session) {
    return session.Select<int64_t, std::string, std::string, std::string, std::string, int64_t,
                          std::string, std::string, std::string>(
        "select position, id, type, subject, partition_key, time, trace_parent, actor, data "
        "from event_log where position > :position order by position limit :limit",
        position, limit);
  }));
  if (!rows.empty() && std::get<0>(rows.front()) != position + 1) {
    return absl::OutOfRangeError(absl::StrCat("after_position: got ", position,
                                              ", but events before position ",
                                              std::get<0>(rows.front()), " are no longer kept"));
  }
  const auto wanted = [](const auto& list, const auto& one) {
    return list.empty() || std::find(list.begin(), list.end(), one) != list.end();
  };
  WatchEventsResponse batch;
  batch.set_position(position);
  size_t bytes = 0;
  for (const auto& [at, id, type, subject, partition, time, trace_parent, actor, data] : rows) {
    if (bytes > kBatchBytes) break;
    bytes += data.size();
    batch.set_position(at);
    if (!wanted(types, type) || !wanted(parts, PartOf(partition))) continue;
    Event& event = *batch.add_events();
    event.set_id(id);
    event.set_source(source_);
    event.set_type(type);
    event.set_subject(subject);
    event.set_position(at);
    event.set_partition(partition);
    event.set_trace_parent(trace_parent);
    event.set_actor(actor);
    *event.mutable_time() = google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(time);
    event.mutable_data()->set_type_url(absl::StrCat("type.googleapis.com/", type));
    if (!absl::Base64Unescape(data, event.mutable_data()->mutable_value())) {
      return absl::DataLossError(absl::StrCat("event ", at, " cannot be read"));
    }
  }
  return batch;
}

absl::StatusOr<int64_t> EventLog::LastPosition() {
  RETURN_IF_ERROR(Place());
  ASSIGN_OR_RETURN(const auto row, database_.Read([](storage::Session& session) {
    return session.SelectOne<int64_t>("select coalesce(max(position), 0) from event_log");
  }));
  return std::get<0>(*row);
}

absl::StatusOr<int64_t> EventLog::ForgottenPosition() {
  ASSIGN_OR_RETURN(const auto row, database_.Read([](storage::Session& session) {
    return session.SelectOne<int64_t>("select coalesce(min(position), 1) - 1 from event_log");
  }));
  return std::get<0>(*row);
}

absl::Duration EventLog::Forget(absl::Duration age) {
  (void)Place();  // Else what has none yet counts as the last one.
  const int64_t before = ToMicros(clock_.Now() - age);
  const absl::StatusOr<int64_t> forgotten =
      database_.Write([&](storage::Session& session) -> absl::StatusOr<int64_t> {
        using Row = std::tuple<int64_t, int64_t>;
        ASSIGN_OR_RETURN(const std::vector<Row> oldest,
                         session.Select<int64_t, int64_t>(
                             "select position, time from event_log where position is not null "
                             "order by position limit :limit",
                             kForgotten + 1));
        int64_t last = 0;
        // One is always left, which the next position is counted from.
        for (size_t i = 0; i + 1 < oldest.size(); ++i) {
          const auto& [position, time] = oldest[i];
          if (time >= before) break;
          last = position;
        }
        return session.Execute("delete from event_log where position <= :last", last);
      });
  return forgotten.ok() && *forgotten == kForgotten ? absl::ZeroDuration() : kForgetRest;
}

int64_t EventLog::Watch(std::function<void()> wake) {
  absl::MutexLock lock(&mutex_);
  watchers_.emplace(++last_watcher_, std::move(wake));
  return last_watcher_;
}

void EventLog::Unwatch(int64_t watcher) {
  absl::MutexLock lock(&mutex_);
  watchers_.erase(watcher);
}

void EventLog::WakeWatchers() {
  // Held throughout, so that no wake is under way once Unwatch has returned.
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, wake] : watchers_) wake();
}

}  // namespace portico::events

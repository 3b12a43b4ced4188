#include "libs/events/erasure.h"

#include <absl/strings/escaping.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/rpc/personal.h"

namespace portico::events {
namespace {

using storage::Session;

constexpr int64_t kPortion = 1000;
constexpr absl::Duration kRest = absl::Seconds(5);

using Row = std::tuple<int64_t, std::string, std::string, std::string>;

// The payload without what is personal; nullopt for one of an unknown type.
std::optional<std::string> Erased(const std::string& type, const std::string& data) {
  using google::protobuf::DescriptorPool;
  using google::protobuf::MessageFactory;
  const auto* descriptor = DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (descriptor == nullptr) return std::nullopt;
  const std::unique_ptr<google::protobuf::Message> payload(
      MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  std::string bytes;
  if (!absl::Base64Unescape(data, &bytes) || !payload->ParseFromString(bytes)) return std::nullopt;
  rpc::ErasePersonal(*payload);
  return absl::Base64Escape(payload->SerializeAsString());
}

}  // namespace

absl::Status Erasure::Request(Session& session, std::string_view subject) {
  // Events without a position yet count as later than all that have one.
  return session
      .Execute(
          "insert into event_erasure (subject, position, until_position) values (:subject, 0, "
          "(select coalesce(max(position), 0) + (select count(*) from event_log "
          "where position is null) from event_log)) on conflict (subject) do update "
          "set position = 0, until_position = excluded.until_position",
          subject)
      .status();
}

absl::Duration Erasure::RunOnce() {
  const absl::StatusOr<bool> more = Step();
  return more.ok() && *more ? absl::ZeroDuration() : kRest;
}

// One portion of the log, for all whose erasure has not come so far.
absl::StatusOr<bool> Erasure::Step() {
  using Waiting = std::tuple<std::string, int64_t, int64_t>;
  ASSIGN_OR_RETURN(const std::vector<Waiting> waiting, database_.ReadOne([](Session& session) {
    return session.Select<std::string, int64_t, int64_t>(
        "select subject, position, until_position from event_erasure order by position limit 100");
  }));
  if (waiting.empty()) return false;
  const int64_t after = std::get<1>(waiting.front());
  std::set<std::string> subjects;
  for (const auto& [subject, position, until] : waiting) {
    if (position == after) subjects.insert(subject);
  }
  ASSIGN_OR_RETURN(const std::vector<Row> rows, database_.ReadOne([&](Session& session) {
    return session.Select<int64_t, std::string, std::string, std::string>(
        "select position, subject, type, data from event_log where position > :after "
        "order by position limit :limit",
        after, kPortion);
  }));
  // The rest has no positions yet.
  if (rows.empty()) return false;
  const int64_t end = std::get<0>(rows.back());
  const absl::Status written = database_.Write([&](Session& session) -> absl::Status {
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
    return session.Execute("delete from event_erasure where position >= until_position").status();
  });
  RETURN_IF_ERROR(written);
  return true;
}

}  // namespace portico::events

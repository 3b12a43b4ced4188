#include "libs/events/jetstream.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

#include "libs/base/status_macros.h"
#include "libs/events/part.h"

namespace portico::events {

using portico::events::v1::Event;

absl::Status FromNats(natsStatus status, std::string_view doing) {
  if (status == NATS_OK) return absl::OkStatus();
  const std::string text =
      absl::StrCat("NATS, ", std::string(doing), ": ", natsStatus_GetText(status));
  return status == NATS_NOT_FOUND ? absl::NotFoundError(text) : absl::UnavailableError(text);
}

std::string StreamName(std::string_view source) {
  return absl::StrCat("portico-", std::string(source));
}

std::string SubjectsOf(std::string_view source, std::string_view part) {
  return absl::StrCat("portico.", std::string(source), ".", std::string(part), ".>");
}

std::string SubjectOf(const Event& event) {
  const std::string& type = event.type();
  return absl::StrCat("portico.", event.source(), ".", PartOf(event.partition()), ".",
                      type.substr(type.rfind('.') + 1));
}

absl::StatusOr<Event> EventIn(natsMsg* message) {
  Event event;
  if (!event.ParseFromArray(natsMsg_GetData(message), natsMsg_GetDataLength(message)) ||
      event.position() <= 0) {
    return absl::DataLossError(
        absl::StrCat("NATS: a message on ", natsMsg_GetSubject(message), " is no event"));
  }
  return event;
}

absl::StatusOr<JetStreamInfo> FindStream(jsCtx* stream, std::string_view source) {
  jsStreamInfo* info = nullptr;
  jsErrCode error = {};
  const natsStatus status =
      js_GetStreamInfo(&info, stream, StreamName(source).c_str(), nullptr, &error);
  RETURN_IF_ERROR(FromNats(status, "looking for a stream"));
  return JetStreamInfo(info);
}

namespace {

absl::StatusOr<Stored> Get(jsCtx* stream, std::string_view source, jsDirectGetMsgOptions& options) {
  natsMsg* raw = nullptr;
  const natsStatus status =
      js_DirectGetMsg(&raw, stream, StreamName(source).c_str(), nullptr, &options);
  RETURN_IF_ERROR(FromNats(status, "reading a message"));
  const NatsMessage message(raw);
  Stored stored{.sequence = natsMsg_GetSequence(raw)};
  ASSIGN_OR_RETURN(stored.event, EventIn(raw));
  return stored;
}

}  // namespace

absl::StatusOr<Stored> FirstFrom(jsCtx* stream, std::string_view source,
                                 const std::string& subjects, uint64_t sequence) {
  jsDirectGetMsgOptions options;
  jsDirectGetMsgOptions_Init(&options);
  options.Sequence = sequence;
  options.NextBySubject = subjects.c_str();
  return Get(stream, source, options);
}

absl::StatusOr<Stored> LastOf(jsCtx* stream, std::string_view source, const std::string& subjects) {
  jsDirectGetMsgOptions options;
  jsDirectGetMsgOptions_Init(&options);
  options.LastBySubject = subjects.c_str();
  return Get(stream, source, options);
}

absl::StatusOr<uint64_t> SequenceAfter(jsCtx* stream, std::string_view source, int64_t position) {
  ASSIGN_OR_RETURN(const JetStreamInfo info, FindStream(stream, source));
  // Positions rise with the sequence numbers, some of which may be missing.
  uint64_t low = std::max<uint64_t>(info->State.FirstSeq, 1);
  uint64_t high = info->State.LastSeq + 1;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    const absl::StatusOr<Stored> stored =
        FirstFrom(stream, source, SubjectsOf(source, "*"), middle);
    if (absl::IsNotFound(stored.status()) || (stored.ok() && stored->event.position() > position)) {
      high = middle;
    } else if (stored.ok()) {
      low = stored->sequence + 1;
    } else {
      return stored.status();
    }
  }
  return low;
}

}  // namespace portico::events

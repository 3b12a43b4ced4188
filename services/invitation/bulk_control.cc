#include "services/invitation/bulk_control.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

namespace {

absl::Status Refuse(const char* reason, const std::string& message) {
  return rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition, reason, message);
}

constexpr char kPausedByCaller[] = "PAUSED_BY_CALLER";

}  // namespace

absl::StatusOr<BulkSend> BulkControl::Get(const std::string& id) const {
  return database_.Read([&](Session& session) -> absl::StatusOr<BulkSend> {
    ASSIGN_OR_RETURN(std::optional<BulkSend> bulk, stores_.bulk_sends.Find(session, id));
    if (!bulk.has_value()) {
      return absl::NotFoundError(
          absl::StrCat("got bulk send ", rpc::Quoted(id), ", which does not exist"));
    }
    ASSIGN_OR_RETURN(*bulk->mutable_progress(), stores_.bulk_sends.Progress(session, *bulk));
    return *std::move(bulk);
  });
}

absl::StatusOr<BulkSend> BulkControl::Run(const std::string& id, Change change) const {
  RETURN_IF_ERROR(Get(id).status());
  const absl::Status written = database_.Write([&](Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(std::optional<BulkSend> bulk, stores_.bulk_sends.Find(session, id));
    if (!bulk.has_value()) return absl::NotFoundError("the bulk send is gone");
    ASSIGN_OR_RETURN(*bulk->mutable_progress(), stores_.bulk_sends.Progress(session, *bulk));
    const BulkSendState before = bulk->state();
    RETURN_IF_ERROR(change(session, *bulk));
    return bulk->state() == before ? absl::OkStatus()
                                   : stores_.bulk_sends.Save(session, *bulk);
  });
  RETURN_IF_ERROR(written);
  feed_.Raise();
  return Get(id);
}

absl::StatusOr<BulkSend> BulkControl::Start(const StartBulkSendRequest& request) const {
  return Run(request.id(), [&](Session&, BulkSend& bulk) -> absl::Status {
    switch (bulk.state()) {
      case BULK_SEND_STATE_GATHERING:
        return Refuse("NOT_READY", "the bulk send still gathers its recipients");
      case BULK_SEND_STATE_CANCELLED:
        return Refuse("ENDED", "the bulk send was cancelled");
      case BULK_SEND_STATE_READY:
        break;
      default:
        return absl::OkStatus();
    }
    const int64_t count = bulk.progress().waiting();
    if (!request.has_expected_count() && count > confirm_above_) {
      return Refuse("COUNT_NOT_CONFIRMED",
                    absl::StrCat("expected_count: got none, want the number of recipients, as "
                                 "there are more than ",
                                 confirm_above_));
    }
    if (request.has_expected_count() && request.expected_count() != count) {
      return Refuse("COUNT_DIFFERS", absl::StrCat("expected_count: got ", request.expected_count(),
                                                  ", want ", count));
    }
    const int64_t now = ToMicros(clock_.Now());
    const bool is_later = bulk.has_schedule_time() &&
                          TimeUtil::TimestampToMicroseconds(bulk.schedule_time()) > now;
    bulk.set_state(is_later ? BULK_SEND_STATE_SCHEDULED : BULK_SEND_STATE_RUNNING);
    *bulk.mutable_start_time() = TimeUtil::MicrosecondsToTimestamp(now);
    return absl::OkStatus();
  });
}

absl::StatusOr<BulkSend> BulkControl::Pause(const std::string& id) const {
  return Run(id, [&](Session& session, BulkSend& bulk) -> absl::Status {
    if (bulk.state() == BULK_SEND_STATE_PAUSED) return absl::OkStatus();
    if (bulk.state() != BULK_SEND_STATE_RUNNING && bulk.state() != BULK_SEND_STATE_SCHEDULED) {
      return Refuse("NOT_RUNNING", "the bulk send is neither running nor scheduled");
    }
    bulk.set_state(BULK_SEND_STATE_PAUSED);
    bulk.set_pause_reason(kPausedByCaller);
    return stores_.messages.Hold(session, id);
  });
}

absl::StatusOr<BulkSend> BulkControl::Resume(const std::string& id) const {
  return Run(id, [&](Session& session, BulkSend& bulk) -> absl::Status {
    if (bulk.state() == BULK_SEND_STATE_RUNNING || bulk.state() == BULK_SEND_STATE_SCHEDULED) {
      return absl::OkStatus();
    }
    if (bulk.state() != BULK_SEND_STATE_PAUSED) {
      return Refuse("NOT_PAUSED", "the bulk send is not paused");
    }
    const bool is_later =
        bulk.has_schedule_time() &&
        TimeUtil::TimestampToMicroseconds(bulk.schedule_time()) > ToMicros(clock_.Now());
    bulk.set_state(is_later ? BULK_SEND_STATE_SCHEDULED : BULK_SEND_STATE_RUNNING);
    bulk.clear_pause_reason();
    RETURN_IF_ERROR(stores_.bulk_sends.ForgiveFailures(session, id, bulk.progress()));
    return stores_.messages.Unhold(session, id);
  });
}

absl::StatusOr<BulkSend> BulkControl::Cancel(const std::string& id) const {
  return Run(id, [&](Session& session, BulkSend& bulk) -> absl::Status {
    if (bulk.state() == BULK_SEND_STATE_CANCELLED) return absl::OkStatus();
    if (bulk.state() == BULK_SEND_STATE_DONE) return Refuse("ENDED", "the bulk send has mailed all already");
    bulk.set_state(BULK_SEND_STATE_CANCELLED);
    bulk.clear_pause_reason();
    // BulkClerk ends what waits, and then the bulk send.
    return stores_.messages.Hold(session, id);
  });
}

absl::StatusOr<BulkSend> BulkControl::RetryFailed(const RetryFailedRequest& request) const {
  const std::string fingerprint = storage::Fingerprint(request);
  return Run(request.id(), [&](Session& session, BulkSend& bulk) -> absl::Status {
    ASSIGN_OR_RETURN(const std::optional<std::string> done,
                     requests_.Claim(session, "RetryFailed", request.request_id(), fingerprint,
                                     request.id()));
    if (done.has_value()) return absl::OkStatus();
    if (bulk.state() == BULK_SEND_STATE_CANCELLED) {
      return Refuse("CANCELLED", "the bulk send was cancelled");
    }
    ASSIGN_OR_RETURN(const int64_t count, stores_.ledger.RetryFailed(session, request.id()));
    if (count == 0) return Refuse("NONE_FAILED", "no mail of the bulk send has failed");
    if (bulk.state() == BULK_SEND_STATE_DONE) {
      bulk.set_state(BULK_SEND_STATE_RUNNING);
      bulk.clear_end_time();
    }
    bulk.mutable_progress()->set_failed(bulk.progress().failed() - count);
    return stores_.bulk_sends.ForgiveFailures(session, request.id(), bulk.progress());
  });
}

}  // namespace portico::invitation

#include "services/invitation/bulk_store.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/update.h"
#include "libs/storage/page_query.h"
#include "libs/storage/row_set.h"
#include "portico/invitation/v1/delivery.pb.h"

namespace portico::invitation {

using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

namespace {

// Where failures are judged by: fewer tell nothing.
constexpr int64_t kFewestJudged = 100;
constexpr int64_t kUsualFailedPercent = 10;
// What other processes' clocks may be ahead.
constexpr absl::Duration kClockMargin = absl::Minutes(1);

int64_t Ended(const BulkSendProgress& progress) {
  return progress.sent() + progress.bounced() + progress.failed();
}

int64_t Failed(const BulkSendProgress& progress) { return progress.bounced() + progress.failed(); }

}  // namespace

BulkStore::BulkStore()
    : table_("bulk_send",
             {"id", "display_name", "general", "filter", "template_id", "subject", "html_body",
              "text_body", "sender_email", "schedule_time", "max_per_minute",
              "pause_at_failed_percent", "state", "pause_reason", "created_by", "create_time",
              "start_time", "end_time", "etag"}) {}

absl::Status BulkStore::Insert(Session& session, const BulkSend& bulk, const Texts& texts) const {
  RETURN_IF_ERROR(table_.Insert(session, bulk));
  RETURN_IF_ERROR(session
                      .Execute("update bulk_send set text_template_id = :template_id, "
                               "text_version = :version where id = :id",
                               texts.template_id, texts.version, bulk.id())
                      .status());
  storage::RowSet rows("bulk_contact", {"bulk_send_id", "contact_id", "is_excluded"});
  for (const std::string& id : bulk.contact_ids()) rows.Add(bulk.id(), id, false);
  for (const std::string& id : bulk.excluded_contact_ids()) rows.Add(bulk.id(), id, true);
  return session.InsertRows(rows);
}

absl::Status BulkStore::Save(Session& session, BulkSend& bulk) const {
  bulk.set_etag(rpc::NextEtag(bulk.etag()));
  return table_.Update(session, bulk).status();
}

absl::StatusOr<std::optional<BulkSend>> BulkStore::Find(Session& session,
                                                        std::string_view id) const {
  return table_.FindBy(session, "where id = :id", id);
}

absl::StatusOr<BulkStore::Texts> BulkStore::FindTexts(Session& session,
                                                      std::string_view id) const {
  ASSIGN_OR_RETURN(const auto row,
                   (session.SelectOne<std::string, int64_t>(
                       "select text_template_id, text_version from bulk_send where id = :id", id)));
  if (!row.has_value()) return absl::NotFoundError("the bulk send is gone");
  return Texts{.template_id = std::get<0>(*row), .version = std::get<1>(*row)};
}

absl::StatusOr<ListBulkSendsResponse> BulkStore::List(Session& session,
                                                      const ListBulkSendsRequest& request) const {
  storage::PageQuery query("bulk_sends", storage::PageQuery::Order::kByIdFalling);
  query.Where("state = :state", static_cast<int64_t>(request.state()));
  ASSIGN_OR_RETURN(auto page,
                   query.Read(session, table_, request.page_size(), request.page_token()));
  ListBulkSendsResponse response;
  for (BulkSend& bulk : page.rows) {
    ASSIGN_OR_RETURN(*bulk.mutable_progress(), Progress(session, bulk));
    *response.add_bulk_sends() = std::move(bulk);
  }
  response.set_next_page_token(page.next_page_token);
  return response;
}

absl::StatusOr<std::vector<BulkSend>> BulkStore::InState(Session& session, BulkSendState state,
                                                         int64_t limit) const {
  return table_.List(session, "where state = :state order by id limit :limit", state, limit);
}

absl::StatusOr<std::vector<BulkSend>> BulkStore::Cancelled(Session& session,
                                                           int64_t limit) const {
  return table_.List(session,
                     "where state = 7 and end_time is null order by id limit :limit", limit);
}

absl::StatusOr<BulkSendProgress> BulkStore::Progress(Session& session,
                                                     const BulkSend& bulk) const {
  ASSIGN_OR_RETURN(const auto row,
                   (session.SelectOne<int64_t, int64_t, int64_t, int64_t>(
                       "select total, waiting, skipped, mailed from bulk_send where id = :id",
                       bulk.id())));
  if (!row.has_value()) return absl::NotFoundError("the bulk send is gone");
  BulkSendProgress progress;
  const auto& [total, waiting, skipped, mailed] = *row;
  progress.set_total(total);
  const bool is_cancelled = bulk.state() == BULK_SEND_STATE_CANCELLED;
  progress.set_waiting(is_cancelled ? 0 : waiting);
  progress.set_cancelled(is_cancelled ? waiting : 0);
  progress.set_skipped(skipped);
  progress.set_sent(mailed);  // But for those of other states.
  using Count = std::tuple<int64_t, bool, int64_t>;
  ASSIGN_OR_RETURN(
      const std::vector<Count> counts,
      (session.Select<int64_t, bool, int64_t>(
          "select state, case when cancel_reason = :cancelled then 1 else 0 end, count(*) "
          "from message where bulk_send_id = :id and bulk_number > 0 and state <> 2 group by 1, 2",
          kBulkSendCancelled, bulk.id())));
  for (const auto& [state, with_bulk, count] : counts) {
    progress.set_sent(progress.sent() - count);
    switch (state) {
      case MESSAGE_STATE_BOUNCED:
        progress.set_bounced(count);
        break;
      case MESSAGE_STATE_FAILED:
        progress.set_failed(count);
        break;
      case MESSAGE_STATE_CANCELLED:
        if (with_bulk) progress.set_cancelled(progress.cancelled() + count);
        if (!with_bulk) progress.set_skipped(progress.skipped() + count);
        break;
      default:
        progress.set_sending(progress.sending() + count);
        break;
    }
  }
  return progress;
}

absl::StatusOr<BulkStore::Turns> BulkStore::FindTurns(Session& session, absl::Time now) const {
  using Row = std::tuple<std::string, int64_t>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, int64_t>(
                       "select id, next_feed_time from bulk_send where state = :running "
                       "and waiting > 0 order by id limit 1000",
                       BULK_SEND_STATE_RUNNING)));
  Turns turns;
  for (const auto& [id, next] : rows) {
    const absl::Time time = FromMicros(next);
    // Who would rest longer than any does was put off before the clock was set back.
    if (time <= now || time > now + kLongestFeedRest + kClockMargin) {
      turns.due.push_back(id);
    } else {
      turns.next = std::min(turns.next, time);
    }
  }
  return turns;
}

absl::Status BulkStore::ForgiveFailures(Session& session, std::string_view id,
                                        const BulkSendProgress& progress) const {
  return session
      .Execute(
          "update bulk_send set ended_before = :ended, failed_before = :failed where id = :id",
          Ended(progress), Failed(progress), id)
      .status();
}

absl::StatusOr<bool> BulkStore::FailsTooOften(Session& session, const BulkSend& bulk,
                                              const BulkSendProgress& progress) const {
  ASSIGN_OR_RETURN(const auto row,
                   (session.SelectOne<int64_t, int64_t>(
                       "select ended_before, failed_before from bulk_send where id = :id",
                       bulk.id())));
  if (!row.has_value()) return false;
  const int64_t ended = Ended(progress) - std::get<0>(*row);
  const int64_t failed = Failed(progress) - std::get<1>(*row);
  const int64_t percent = bulk.pause_at_failed_percent() > 0 ? bulk.pause_at_failed_percent()
                                                             : kUsualFailedPercent;
  return ended >= kFewestJudged && failed * 100 > ended * percent;
}

}  // namespace portico::invitation

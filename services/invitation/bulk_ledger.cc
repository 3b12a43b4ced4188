#include "services/invitation/bulk_ledger.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <tuple>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/storage/page_query.h"
#include "libs/storage/page_token.h"
#include "libs/storage/row_set.h"
#include "portico/invitation/v1/delivery.pb.h"
#include "services/invitation/bulk_store.h"

namespace portico::invitation {

using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

namespace {

// Where contacts are changed all the time, somebody may always be missed.
constexpr int64_t kMostGatherings = 3;

// Where a list of recipients in some state comes from: lines of the ledger, or mails and their
// lines, each in the order of the lines.
struct Part {
  const char* from;
  const char* where;
  const char* number;
};

constexpr char kLines[] =
    "bulk_recipient left join message on message.id = bulk_recipient.message_id";
constexpr char kMails[] =
    "message join bulk_recipient on bulk_recipient.bulk_send_id = message.bulk_send_id "
    "and bulk_recipient.number = message.bulk_number";
constexpr char kNumberOfLine[] = "bulk_recipient.number";
constexpr char kNumberOfMail[] = "message.bulk_number";

// A state that few are in is looked for where only few are.
std::vector<Part> PartsOf(BulkSendRecipientState state, bool is_cancelled) {
  constexpr Part kAll{kLines, "1 = 1", kNumberOfLine};
  constexpr Part kUnmailed{kLines, "bulk_recipient.state = 1 and bulk_recipient.state <> 2",
                           kNumberOfLine};
  switch (state) {
    case BULK_SEND_RECIPIENT_STATE_UNSPECIFIED:
      return {kAll};
    case BULK_SEND_RECIPIENT_STATE_WAITING:
      return is_cancelled ? std::vector<Part>() : std::vector{kUnmailed};
    case BULK_SEND_RECIPIENT_STATE_SENDING:
      return {{kMails, "message.state = 1", kNumberOfMail}};
    case BULK_SEND_RECIPIENT_STATE_BOUNCED:
      return {{kMails, "message.state = 3", kNumberOfMail}};
    case BULK_SEND_RECIPIENT_STATE_FAILED:
      return {{kMails, "message.state = 4", kNumberOfMail}};
    case BULK_SEND_RECIPIENT_STATE_SENT:
      return {{kLines, "bulk_recipient.state = 2 and message.state = 2", kNumberOfLine}};
    case BULK_SEND_RECIPIENT_STATE_SKIPPED:
      return {{kLines, "bulk_recipient.state = 6 and bulk_recipient.state <> 2", kNumberOfLine},
              {kMails, "message.state = 5 and message.cancel_reason <> 'BULK_SEND_CANCELLED'",
               kNumberOfMail}};
    case BULK_SEND_RECIPIENT_STATE_CANCELLED: {
      std::vector<Part> parts;
      if (is_cancelled) parts.push_back(kUnmailed);
      parts.push_back({kMails, "message.state = 5 and message.cancel_reason = 'BULK_SEND_CANCELLED'",
                       kNumberOfMail});
      return parts;
    }
    default:
      return {};
  }
}

BulkSendRecipientState StateOf(int64_t line_state, int64_t message_state,
                               const std::string& cancel_reason, bool is_cancelled) {
  if (line_state == BULK_SEND_RECIPIENT_STATE_WAITING) {
    return is_cancelled ? BULK_SEND_RECIPIENT_STATE_CANCELLED : BULK_SEND_RECIPIENT_STATE_WAITING;
  }
  if (line_state == BULK_SEND_RECIPIENT_STATE_SKIPPED) return BULK_SEND_RECIPIENT_STATE_SKIPPED;
  switch (message_state) {
    case MESSAGE_STATE_SENT:
      return BULK_SEND_RECIPIENT_STATE_SENT;
    case MESSAGE_STATE_BOUNCED:
      return BULK_SEND_RECIPIENT_STATE_BOUNCED;
    case MESSAGE_STATE_FAILED:
      return BULK_SEND_RECIPIENT_STATE_FAILED;
    case MESSAGE_STATE_CANCELLED:
      return cancel_reason == kBulkSendCancelled ? BULK_SEND_RECIPIENT_STATE_CANCELLED
                                                 : BULK_SEND_RECIPIENT_STATE_SKIPPED;
    default:
      return BULK_SEND_RECIPIENT_STATE_SENDING;
  }
}

}  // namespace

absl::StatusOr<bool> BulkLedger::GatherByFilter(Session& session, const BulkSend& bulk,
                                               const RecipientGroups& groups,
                                               int64_t limit) const {
  ASSIGN_OR_RETURN(
      const auto row,
      (session.SelectOne<int64_t, int64_t, std::string, int64_t, int64_t>(
          "select gathered_segment_id, gathered_standing, gathered_contact_id, gathering, "
          "gathering_added "
          "from bulk_send where id = :id",
          bulk.id())));
  if (!row.has_value()) return absl::NotFoundError("the bulk send is gone");
  RecipientPlace place{.segment_id = std::get<0>(*row),
                       .standing = std::get<1>(*row),
                       .contact_id = std::get<2>(*row)};
  const RecipientChoice choice{.filter = bulk.filter(), .only_will_be_mailed = true};
  constexpr int64_t kRuns = 200;
  ASSIGN_OR_RETURN(const auto runs, groups.Runs(session, choice, place, kRuns));
  int64_t added = 0;
  bool is_left = static_cast<int64_t>(runs.size()) == kRuns;
  for (const RecipientGroups::Run& run : runs) {
    is_left |= added >= limit;
    if (added >= limit) break;
    place = run.after;
    // Up to the last that still fits, or all.
    ASSIGN_OR_RETURN(const auto last,
                     session.SelectOne<std::string>(
                         "select contact_id from recipient where segment_id = :segment "
                         "and standing = :standing and standing > 0 and contact_id > :after "
                         "order by contact_id limit 1 offset :offset",
                         place.segment_id, place.standing, place.contact_id, limit - added - 1));
    // Whoever was gathered already has gone to another run since.
    ASSIGN_OR_RETURN(
        const int64_t inserted,
        session.Execute(
            "insert into bulk_recipient (bulk_send_id, number, contact_id, state, reason, "
            "message_id) select cast(:id as text), "
            "(select coalesce(max(number), 0) from bulk_recipient where bulk_send_id = :id) "
            "+ row_number() over (order by contact_id), contact_id, 1, '', '' from recipient "
            "where segment_id = :segment and standing = :standing and standing > 0 "
            "and contact_id > :after and (:all = 1 or contact_id <= :up_to) "
            "and not exists (select 1 from bulk_contact where bulk_contact.bulk_send_id = :id "
            "and bulk_contact.contact_id = recipient.contact_id) "
            "order by contact_id on conflict (bulk_send_id, contact_id) do nothing",
            bulk.id(), place.segment_id, place.standing, place.contact_id,
            static_cast<int64_t>(!last.has_value()), last.has_value() ? std::get<0>(*last) : ""));
    added += inserted;
    is_left |= last.has_value();
    if (last.has_value()) {
      place.contact_id = std::get<0>(*last);
      break;
    }
    place = {.segment_id = place.segment_id, .standing = place.standing + 1, .contact_id = {}};
  }
  int64_t gathering = std::get<3>(*row);
  int64_t gathering_added = std::get<4>(*row) + added;
  // Whoever has changed meanwhile may be where it was looked already.
  const bool is_again = !is_left && gathering_added > 0 && gathering < kMostGatherings;
  if (is_again) {
    place = RecipientPlace();
    ++gathering;
    gathering_added = 0;
  }
  RETURN_IF_ERROR(session
                      .Execute("update bulk_send set gathered_segment_id = :segment, "
                               "gathered_standing = :standing, gathered_contact_id = :contact_id, "
                               "gathering = :gathering, gathering_added = :gathering_added, "
                               "total = total + :added, waiting = waiting + :added where id = :id",
                               place.segment_id, place.standing, place.contact_id, gathering,
                               gathering_added, added, bulk.id())
                      .status());
  return is_left || is_again;
}

absl::StatusOr<std::vector<std::string>> BulkLedger::NextChosen(Session& session,
                                                                        std::string_view id,
                                                                        int64_t limit) const {
  using Row = std::tuple<std::string>;
  ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      session.Select<std::string>(
          "select contact_id from bulk_contact where bulk_send_id = :id and is_excluded = 0 "
          "and contact_id > (select gathered_contact_id from bulk_send where id = :id) "
          "order by contact_id limit :limit",
          id, limit));
  std::vector<std::string> ids;
  for (const auto& [contact_id] : rows) ids.push_back(contact_id);
  return ids;
}

absl::Status BulkLedger::AddChosen(Session& session, std::string_view id,
                                  std::span<const Line> lines) const {
  if (lines.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto row, session.SelectOne<int64_t>(
                                       "select total from bulk_send where id = :id", id));
  if (!row.has_value()) return absl::NotFoundError("the bulk send is gone");
  int64_t number = std::get<0>(*row), skipped = 0;
  storage::RowSet rows("bulk_recipient", {"bulk_send_id", "number", "contact_id", "state",
                                          "reason", "message_id"});
  for (const Line& line : lines) {
    const bool skip = !line.skip_reason.empty();
    skipped += skip;
    rows.Add(id, ++number, line.contact_id,
             skip ? BULK_SEND_RECIPIENT_STATE_SKIPPED : BULK_SEND_RECIPIENT_STATE_WAITING,
             line.skip_reason, "");
  }
  RETURN_IF_ERROR(session.InsertRows(rows));
  return session
      .Execute(
          "update bulk_send set total = :total, waiting = waiting + :waiting, "
          "skipped = skipped + :skipped, gathered_contact_id = :contact_id where id = :id",
          number, static_cast<int64_t>(lines.size()) - skipped, skipped, lines.back().contact_id,
          id)
      .status();
}

absl::StatusOr<std::vector<BulkLedger::Line>> BulkLedger::Waiting(Session& session,
                                                                std::string_view id,
                                                                int64_t limit) const {
  using Row = std::tuple<int64_t, std::string, std::string>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<int64_t, std::string, std::string>(
                       "select number, contact_id, message_id from bulk_recipient "
                       "where bulk_send_id = :id and state = 1 and state <> 2 "
                       "order by number limit :limit",
                       id, limit)));
  std::vector<Line> lines;
  for (const auto& [number, contact_id, message_id] : rows) {
    lines.push_back({.number = number, .contact_id = contact_id, .message_id = message_id});
  }
  return lines;
}

absl::Status BulkLedger::Settle(Session& session, std::string_view id, std::span<const Line> lines,
                               absl::Time next_feed_time) const {
  storage::RowSet rows("bulk_recipient", {"bulk_send_id", "number", "contact_id", "state",
                                          "reason", "message_id"});
  int64_t skipped = 0;
  for (const Line& line : lines) {
    const bool skip = !line.skip_reason.empty();
    skipped += skip;
    rows.Add(id, line.number, line.contact_id, skip ? BULK_SEND_RECIPIENT_STATE_SKIPPED
                                                    : BULK_SEND_RECIPIENT_STATE_SENDING,
             line.skip_reason, line.message_id);
  }
  RETURN_IF_ERROR(session.InsertRows(rows,
                                     "on conflict (bulk_send_id, number) do update set "
                                     "state = excluded.state, reason = excluded.reason, "
                                     "message_id = excluded.message_id"));
  const int64_t count = static_cast<int64_t>(lines.size());
  return session
      .Execute(
          "update bulk_send set waiting = waiting - :count, skipped = skipped + :skipped, "
          "mailed = mailed + :mailed, next_feed_time = :next where id = :id",
          count, skipped, count - skipped, ToMicros(next_feed_time), id)
      .status();
}

absl::Status BulkLedger::ReplaceMail(Session& session, std::string_view id, int64_t number,
                                     std::string_view message_id) const {
  return session
      .Execute(
          "update bulk_recipient set message_id = :message_id "
          "where bulk_send_id = :id and number = :number",
          message_id, id, number)
      .status();
}

absl::StatusOr<int64_t> BulkLedger::RetryFailed(Session& session, std::string_view id) const {
  ASSIGN_OR_RETURN(
      const int64_t count,
      session.Execute("update bulk_recipient set state = 1 where bulk_send_id = :id and number in "
                      "(select bulk_number from message where bulk_send_id = :id "
                      "and state = 4 and bulk_number > 0 and state <> 2)",
                      id));
  if (count == 0) return 0;
  RETURN_IF_ERROR(session
                      .Execute("update message set bulk_number = 0 where bulk_send_id = :id "
                               "and state = 4 and bulk_number > 0 and state <> 2",
                               id)
                      .status());
  RETURN_IF_ERROR(session
                      .Execute("update bulk_send set waiting = waiting + :count, "
                               "mailed = mailed - :count where id = :id",
                               count, id)
                      .status());
  return count;
}

absl::StatusOr<ListBulkSendRecipientsResponse> BulkLedger::List(
    Session& session, const BulkSend& bulk, const ListBulkSendRecipientsRequest& request) const {
  const std::string list = absl::StrCat("bulk_recipients ", bulk.id(), " ", request.state());
  size_t part = 0;
  int64_t after = 0;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const std::vector<std::string> key,
                     storage::DecodePageToken(request.page_token(), list));
    uint64_t number = 0;
    if (key.size() != 2 || !absl::SimpleAtoi(key[0], &number) ||
        !absl::SimpleAtoi(key[1], &after)) {
      return absl::InvalidArgumentError("page_token: got one that is none of this list's");
    }
    part = number;
  }
  const size_t size = request.page_size() > 0 ? request.page_size()
                                              : storage::PageQuery::kDefaultPageSize;
  const bool is_cancelled = bulk.state() == BULK_SEND_STATE_CANCELLED;
  const std::vector<Part> parts = PartsOf(request.state(), is_cancelled);
  using Row = std::tuple<std::string, int64_t, int64_t, std::string, std::string,
                         std::optional<int64_t>, std::optional<std::string>,
                         std::optional<std::string>, std::optional<std::string>,
                         std::optional<std::string>>;
  ListBulkSendRecipientsResponse response;
  for (; part < parts.size(); ++part, after = 0) {
    const auto& [from, where, number_column] = parts[part];
    const std::string owner = from == kLines ? "bulk_recipient" : "message";
    std::string sql = absl::StrCat(
        "select bulk_recipient.contact_id, bulk_recipient.number, bulk_recipient.state, "
        "bulk_recipient.reason, bulk_recipient.message_id, message.state, message.cancel_reason, "
        "message.invitation_id, message.recipient, delivery_attempt.reply from ",
        from,
        " left join delivery_attempt on delivery_attempt.message_id = message.id "
        "and delivery_attempt.number = message.attempt_count where ",
        owner, ".bulk_send_id = :id and ", where, " and ", number_column, " > :after");
    if (from == kMails) {
      absl::StrAppend(&sql, " and message.bulk_number > 0 and message.state <> 2");
    }
    absl::StrAppend(&sql, " order by ", number_column, " limit :limit");
    ASSIGN_OR_RETURN(
        const std::vector<Row> rows,
        (session.Select<std::string, int64_t, int64_t, std::string, std::string,
                        std::optional<int64_t>, std::optional<std::string>,
                        std::optional<std::string>, std::optional<std::string>,
                        std::optional<std::string>>(
            sql, bulk.id(), after,
            static_cast<int64_t>(size) + 1 - response.recipients_size())));
    for (const auto& [contact_id, number, state, reason, message_id, message_state, cancel_reason,
                      invitation_id, email, reply] : rows) {
      if (static_cast<size_t>(response.recipients_size()) == size) {
        const std::string key[] = {absl::StrCat(part), absl::StrCat(after)};
        response.set_next_page_token(storage::EncodePageToken(key, list));
        return response;
      }
      after = number;
      BulkSendRecipient& one = *response.add_recipients();
      one.set_contact_id(contact_id);
      one.set_number(number);
      one.set_state(
          StateOf(state, message_state.value_or(0), cancel_reason.value_or(""), is_cancelled));
      one.set_message_id(message_id);
      one.set_invitation_id(invitation_id.value_or(""));
      one.set_email(email.value_or(""));
      one.set_reason(!reason.empty() ? reason : cancel_reason.value_or(""));
      if (one.reason().empty() && one.state() != BULK_SEND_RECIPIENT_STATE_SENT) {
        one.set_reason(reply.value_or(""));
      }
    }
  }
  return response;
}

}  // namespace portico::invitation

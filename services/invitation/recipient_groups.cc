#include "services/invitation/recipient_groups.h"

#include <absl/strings/str_cat.h>

#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/storage/id_list.h"
#include "libs/storage/row_set.h"

namespace portico::invitation {

using storage::Condition;
using storage::Session;
using storage::ValueKind;
using namespace portico::invitation::v1;  // The groups' names.

namespace {

// Segments with recipients, where they stand and whether their class has the portal.
constexpr char kCounted[] =
    " from segment "
    "join recipient_count on recipient_count.segment_id = segment.id "
    "left join known_class on known_class.id = segment.account_class_id "
    "where recipient_count.count > 0";
constexpr char kHasPortal[] = "coalesce(known_class.portal_access_enabled, 0)";

// A segment and a standing.
using Cell = std::pair<int64_t, int64_t>;

RecipientGroup GroupOf(int64_t standing, bool class_has_portal) {
  if (class_has_portal || standing == RECIPIENT_GROUP_ACCEPTED) {
    return static_cast<RecipientGroup>(standing);
  }
  return RECIPIENT_GROUP_ACCESS_OFF;
}

bool IsMailed(RecipientGroup group, const RecipientFilter& filter) {
  return group == RECIPIENT_GROUP_NEVER_INVITED ||
         (group == RECIPIENT_GROUP_INVITED && filter.include_invited());
}

void Add(Condition& all, std::string_view column, const std::string& value) {
  if (value.empty()) return;
  absl::StrAppend(&all.sql, " and segment.", std::string(column), " = :", std::string(column));
  all.arguments.push_back(value);
}

// " and …"
Condition InFilter(const RecipientFilter& filter) {
  Condition all;
  Add(all, "division_id", filter.division_id());
  Add(all, "account_class_id", filter.account_class_id());
  Add(all, "bill_group_id", filter.bill_group_id());
  Add(all, "account_source_id", filter.account_source_id());
  if (!filter.site_source_id().empty()) {
    all.sql += " and segment.site_source_ids like :site_source escape '!'";
    std::string pattern = "%|";
    for (const char c : filter.site_source_id()) {
      if (c == '_' || c == '%' || c == '!') pattern += '!';
      pattern += c;
    }
    all.arguments.push_back(pattern + "|%");
  }
  if (filter.with_active_service()) all.sql += " and segment.has_active_service = 1";
  if (filter.with_balance_due()) all.sql += " and segment.has_balance_due = 1";
  if (filter.without_automatic_payment()) all.sql += " and segment.has_automatic_payment = 0";
  if (filter.only_billing_contacts()) all.sql += " and segment.is_billing_contact = 1";
  return all;
}

// " and …"
std::string InGroup(const RecipientChoice& choice) {
  std::string sql;
  if (choice.group == RECIPIENT_GROUP_ACCESS_OFF) {
    absl::StrAppend(&sql, " and (recipient_count.standing = 2 or (", kHasPortal,
                    " = 0 and recipient_count.standing <> 1))");
  } else if (choice.group != RECIPIENT_GROUP_UNSPECIFIED) {
    absl::StrAppend(&sql, " and recipient_count.standing = ", static_cast<int>(choice.group));
    if (choice.group != RECIPIENT_GROUP_ACCEPTED) absl::StrAppend(&sql, " and ", kHasPortal, " = 1");
  }
  if (choice.only_will_be_mailed) {
    absl::StrAppend(&sql, " and ", kHasPortal, " = 1 and recipient_count.standing in (8",
                    choice.filter.include_invited() ? ", 7)" : ")");
  }
  return sql;
}

absl::Status SaveSegments(Session& session, const std::map<int64_t, const Segment*>& segments) {
  storage::RowSet rows("segment",
                       {"id", "division_id", "account_class_id", "bill_group_id",
                        "account_source_id", "site_source_ids", "has_active_service",
                        "has_balance_due", "has_automatic_payment", "is_billing_contact"});
  for (const auto& [id, segment] : segments) {
    rows.Add(id, segment->division_id, segment->account_class_id, segment->bill_group_id,
             segment->account_source_id, segment->site_source_ids, segment->has_active_service,
             segment->has_balance_due, segment->has_automatic_payment,
             segment->is_billing_contact);
  }
  return session.InsertRows(rows, "on conflict do nothing");
}

absl::Status AddCounts(Session& session, const std::map<Cell, int64_t>& changes) {
  storage::RowSet rows("recipient_count", {"segment_id", "standing", "count"});
  for (const auto& [place, change] : changes) {
    if (change != 0 && place.second != 0) rows.Add(place.first, place.second, change);
  }
  return session.InsertRows(rows,
                            "on conflict (segment_id, standing) do update "
                            "set count = recipient_count.count + excluded.count");
}

}  // namespace

absl::Status RecipientGroups::Place(Session& session, std::span<const Placing> placings) const {
  std::vector<std::string> ids;
  for (const Placing& place : placings) ids.push_back(place.contact_id);
  using Row = std::tuple<std::string, int64_t, int64_t>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, int64_t, int64_t>(
                       absl::StrCat("select contact_id, segment_id, standing from recipient where ",
                                    session.IsAmong("contact_id", ":ids")),
                       storage::ListOf(ids))));
  std::map<std::string, Cell> before;
  for (const auto& [id, segment_id, standing] : rows) before[id] = {segment_id, standing};

  std::map<int64_t, const Segment*> segments;
  std::map<Cell, int64_t> changes;
  std::map<Cell, std::vector<std::string>> moved;
  for (const Placing& place : placings) {
    const auto was = before.find(place.contact_id);
    const Cell now{place.segment.id(), place.standing};
    if (was == before.end() || was->second == now) continue;
    segments[now.first] = &place.segment;
    --changes[was->second];
    ++changes[now];
    moved[now].push_back(place.contact_id);
  }
  if (moved.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(SaveSegments(session, segments));
  for (const auto& [now, contact_ids] : moved) {
    RETURN_IF_ERROR(session
                        .Execute(absl::StrCat("update recipient set segment_id = :segment, "
                                              "standing = :standing where ",
                                              session.IsAmong("contact_id", ":ids")),
                                 now.first, now.second, storage::ListOf(contact_ids))
                        .status());
  }
  return AddCounts(session, changes);
}

absl::StatusOr<RecipientCounts> RecipientGroups::Count(Session& session,
                                                       const RecipientFilter& filter) const {
  const Condition found = InFilter(filter);
  std::map<RecipientGroup, int64_t> counts;
  static constexpr std::array kColumns = {ValueKind::kInteger, ValueKind::kInteger,
                                          ValueKind::kInteger};
  RETURN_IF_ERROR(session.SelectCells(
      absl::StrCat("select recipient_count.standing, ", kHasPortal,
                   ", cast(sum(recipient_count.count) as bigint)", kCounted, found.sql,
                   " group by 1, 2"),
      storage::ValuesOf(found.arguments), kColumns, [&](std::span<const storage::Cell> cells) {
        counts[GroupOf(cells[0].integer, cells[1].integer != 0)] += cells[2].integer;
        return absl::OkStatus();
      }));
  RecipientCounts answer;
  for (int number = RecipientGroup_MIN + 1; number <= RecipientGroup_MAX; ++number) {
    const auto group = static_cast<RecipientGroup>(number);
    GroupCount& one = *answer.add_groups();
    one.set_group(group);
    one.set_count(counts[group]);
    answer.set_total(answer.total() + one.count());
    if (IsMailed(group, filter)) answer.set_will_be_mailed(answer.will_be_mailed() + one.count());
  }
  return answer;
}

absl::StatusOr<std::vector<RecipientGroups::Run>> RecipientGroups::Runs(
    Session& session, const RecipientChoice& choice, const RecipientPlace& after,
    int64_t limit) const {
  Condition found = InFilter(choice.filter);
  absl::StrAppend(&found.sql, InGroup(choice),
                  " and (segment.id, recipient_count.standing) >= (:segment, :standing) "
                  "order by segment.id, recipient_count.standing limit :limit");
  found.arguments.push_back(after.segment_id);
  found.arguments.push_back(after.standing);
  found.arguments.push_back(limit);
  static constexpr std::array kColumns = {ValueKind::kInteger, ValueKind::kInteger,
                                          ValueKind::kInteger, ValueKind::kText, ValueKind::kText};
  std::vector<Run> runs;
  RETURN_IF_ERROR(session.SelectCells(
      absl::StrCat("select segment.id, recipient_count.standing, ", kHasPortal,
                   ", segment.division_id, segment.account_class_id", kCounted, found.sql),
      storage::ValuesOf(found.arguments), kColumns, [&](std::span<const storage::Cell> cells) {
        const int64_t standing = cells[1].integer;
        Run& run = runs.emplace_back();
        run.after = {.segment_id = cells[0].integer, .standing = standing, .contact_id = {}};
        run.group = GroupOf(standing, cells[2].integer != 0);
        run.division_id = cells[3].text;
        run.account_class_id = cells[4].text;
        return absl::OkStatus();
      }));
  if (!runs.empty() && runs.front().after.segment_id == after.segment_id &&
      runs.front().after.standing == after.standing) {
    runs.front().after.contact_id = after.contact_id;
  }
  return runs;
}

absl::StatusOr<RecipientGroups::Page> RecipientGroups::List(Session& session,
                                                            const RecipientChoice& choice,
                                                            const RecipientPlace& after,
                                                            int64_t limit) const {
  using Row = std::tuple<std::string, std::string, std::string, std::string, std::string,
                         std::string>;
  Page page;
  // Each run has at least one, but for the first, which may be read to its end.
  ASSIGN_OR_RETURN(const std::vector<Run> runs, Runs(session, choice, after, limit + 2));
  for (const Run& run : runs) {
    const int64_t wanted = limit + 1 - static_cast<int64_t>(page.recipients.size());
    ASSIGN_OR_RETURN(
        const std::vector<Row> rows,
        (session.Select<std::string, std::string, std::string, std::string, std::string,
                        std::string>(
            "select recipient.contact_id, recipient.name, recipient.email, recipient.account_id, "
            "coalesce(known_account.number, ''), "
            "coalesce(known_account.display_name, recipient.account_name) "
            "from recipient left join known_account on known_account.id = recipient.account_id "
            "where recipient.segment_id = :segment and recipient.standing = :standing "
            "and recipient.standing > 0 and recipient.contact_id > :after "
            "order by recipient.contact_id limit :limit",
            run.after.segment_id, run.after.standing, run.after.contact_id, wanted)));
    for (const auto& [id, name, email, account_id, account_number, account_name] : rows) {
      if (static_cast<int64_t>(page.recipients.size()) == limit) return page;
      v1::CountedRecipient& one = page.recipients.emplace_back();
      one.set_contact_id(id);
      one.set_display_name(name);
      one.set_email(email);
      one.set_account_id(account_id);
      one.set_account_number(account_number);
      one.set_account_display_name(account_name);
      one.set_division_id(run.division_id);
      one.set_account_class_id(run.account_class_id);
      one.set_group(run.group);
      one.set_will_be_mailed(IsMailed(run.group, choice.filter));
      page.next = {.segment_id = run.after.segment_id,
                   .standing = run.after.standing,
                   .contact_id = id};
    }
  }
  page.next.reset();
  return page;
}

absl::StatusOr<std::vector<int64_t>> RecipientGroups::Segments(Session& session, int64_t after,
                                                               int64_t limit) const {
  using Row = std::tuple<int64_t>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   session.Select<int64_t>(
                       "select id from segment where id > :after order by id limit :limit", after,
                       limit));
  std::vector<int64_t> ids;
  for (const auto& [id] : rows) ids.push_back(id);
  return ids;
}

absl::Status RecipientGroups::CountAnew(Session& session, int64_t segment_id) const {
  RETURN_IF_ERROR(
      session.Execute("delete from recipient_count where segment_id = :segment", segment_id)
          .status());
  return session
      .Execute(
          "insert into recipient_count (segment_id, standing, count) "
          "select segment_id, standing, count(*) from recipient "
          "where segment_id = :segment and standing > 0 group by segment_id, standing",
          segment_id)
      .status();
}

}  // namespace portico::invitation

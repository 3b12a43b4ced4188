#include "services/contact/activity_store.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <map>
#include <tuple>
#include <utility>

#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/log/trace.h"
#include "libs/storage/id_list.h"
#include "libs/storage/page_query.h"

namespace portico::contact {

using google::protobuf::util::TimeUtil;
using storage::Session;

namespace {

constexpr int64_t kErased = 500;  // How many rows are erased at a time.

// What a contact itself tells of its creation.
v1::Activity Creation(const v1::Contact& contact) {
  v1::Activity created;
  const absl::Time time = FromMicros(TimeUtil::TimestampToMicroseconds(contact.create_time()));
  created.set_id(ActivityStore::NewId(time));
  created.set_contact_id(contact.id());
  *created.mutable_time() = contact.create_time();
  created.set_kind(v1::ACTIVITY_KIND_CREATED);
  created.set_actor(contact.created_by());
  return created;
}

}  // namespace

std::string ActivityStore::NewId(absl::Time time) {
  return portico::NewId(IdKind::kActivity, time);
}

ActivityStore::ActivityStore(const Clock& clock)
    : clock_(clock),
      table_("activity", {"id", "contact_id", "original_contact_id", "time", "kind", "actor",
                          "changes", "detail", "subject_id"}) {}

v1::Activity ActivityStore::Now(const std::string& contact_id, v1::ActivityKind kind) const {
  const absl::Time now = clock_.Now();
  v1::Activity activity;
  activity.set_id(NewId(now));
  activity.set_contact_id(contact_id);
  *activity.mutable_time() = TimeUtil::MicrosecondsToTimestamp(ToMicros(now));
  activity.set_kind(kind);
  activity.set_actor(log::CurrentTrace().actor);
  return activity;
}

absl::Status ActivityStore::AddTold(Session& session, std::vector<v1::Activity> activities) const {
  std::vector<std::string> ids;
  for (const v1::Activity& activity : activities) ids.push_back(activity.contact_id());
  using Row = std::tuple<std::string, std::string>;
  ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      (session.Select<std::string, std::string>(
          absl::StrCat("select id, case when merged_into_id = '' then id else merged_into_id end "
                       "from contact where ",
                       session.IsAmong("id", ":ids")),
          storage::ListOf(ids))));
  std::map<std::string, std::string> stands;
  for (const auto& [id, in] : rows) stands[id] = in;
  std::vector<v1::Activity> told;
  for (v1::Activity& activity : activities) {
    const auto found = stands.find(activity.contact_id());
    if (found == stands.end()) continue;
    if (found->second != activity.contact_id()) {
      activity.set_original_contact_id(activity.contact_id());
      activity.set_contact_id(found->second);
    }
    told.push_back(std::move(activity));
  }
  return table_.InsertAll(session, told);
}

absl::Status ActivityStore::AddAccountMerge(Session& session, const std::string& loser_id,
                                            const std::string& account_id) const {
  // What stands in the loser's stands in the other's from now on.
  RETURN_IF_ERROR(session
                      .Execute("update activity set contact_id = :account "
                               "where contact_id = :loser",
                               account_id, loser_id)
                      .status());
  ASSIGN_OR_RETURN(const auto known,
                   session.SelectOne<std::string>(
                       "select id from activity where contact_id = :account and kind = :kind "
                       "and subject_id = :loser limit 1",
                       account_id, v1::ACTIVITY_KIND_ACCOUNT_MERGED, loser_id));
  if (known.has_value()) return absl::OkStatus();
  v1::Activity merged = Now(account_id, v1::ACTIVITY_KIND_ACCOUNT_MERGED);
  merged.set_subject_id(loser_id);
  return Add(session, merged);
}

absl::StatusOr<v1::ListActivityResponse> ActivityStore::List(Session& session,
                                                             const v1::Contact& contact,
                                                             int32_t page_size,
                                                             const std::string& page_token) const {
  storage::PageQuery query("activity", storage::PageQuery::Order::kByIdFalling);
  // An account has a history of its own, which is that of each contact since it was created.
  query.Narrow({"(contact_id = :contact_id or (contact_id = :account_id and time >= :since))",
                {contact.id(), contact.account_id(),
                 TimeUtil::TimestampToMicroseconds(contact.create_time())}});
  ASSIGN_OR_RETURN(auto page, query.Read(session, table_, page_size, page_token));
  v1::ListActivityResponse response;
  for (v1::Activity& activity : page.rows) {
    activity.set_contact_id(contact.id());
    *response.add_activities() = std::move(activity);
  }
  response.set_next_page_token(page.next_page_token);
  if (!page.next_page_token.empty()) return response;
  if (page_size > 0 && response.activities_size() >= page_size) {
    // The creation has a page of its own.
    response.set_next_page_token(query.TokenAfter(response.activities().rbegin()->id()));
    return response;
  }
  *response.add_activities() = Creation(contact);
  return response;
}

absl::Status ActivityStore::Move(Session& session, const v1::Contact& loser,
                                 const std::string& winner_id) const {
  RETURN_IF_ERROR(table_.Insert(session, Creation(loser)));
  return session
      .Execute(
          "update activity set contact_id = :winner, original_contact_id = "
          "case when original_contact_id = '' then contact_id else original_contact_id end "
          "where contact_id = :loser",
          winner_id, loser.id())
      .status();
}

absl::Status ActivityStore::Erase(Session& session, const std::string& contact_id) const {
  std::string after;
  while (true) {
    ASSIGN_OR_RETURN(std::vector<v1::Activity> some,
                     table_.List(session,
                                 "where contact_id = :contact_id and id > :after "
                                 "order by id limit :limit",
                                 contact_id, after, kErased));
    for (v1::Activity& activity : some) {
      for (v1::FieldChange& change : *activity.mutable_changes()) {
        change.clear_old_value();
        change.clear_new_value();
      }
      activity.clear_detail();
    }
    RETURN_IF_ERROR(table_.SaveAll(session, some));
    if (!some.empty()) after = some.back().id();
    if (static_cast<int64_t>(some.size()) < kErased) return absl::OkStatus();
  }
}

}  // namespace portico::contact

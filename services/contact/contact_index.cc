#include "services/contact/contact_index.h"

#include <string_view>
#include <vector>

#include "libs/base/status_macros.h"
#include "services/contact/folded_text.h"
#include "services/contact/search_words.h"

namespace portico::contact {
namespace {

// Each about 10 ms of the one writer that SQLite has.
constexpr int64_t kContactsOfAWork = 200;
constexpr int64_t kDocumentsOfAWork = 1000;
constexpr int64_t kPagesOfAWork = 250;

constexpr absl::Duration kRest = absl::Seconds(1);
// Lets those go first who wait.
constexpr absl::Duration kPause = absl::Milliseconds(2);

// contact_search_state.has_erased.
enum class Erased { kNothing = 0, kSome = 1, kBeingDropped = 2 };

absl::StatusOr<int64_t> Number(storage::Session& session, std::string_view select) {
  ASSIGN_OR_RETURN(const auto row, session.SelectOne<int64_t>(select));
  return row.has_value() ? std::get<0>(*row) : 0;
}

}  // namespace

storage::DerivedColumns IndexedColumns() {
  return {.names = {"name_key", "search_words", "indexed_etag"},
          .derive = [](const google::protobuf::Message& message) -> std::vector<std::string> {
            const auto& contact = static_cast<const v1::Contact&>(message);
            return {Folded(contact.name().display()), SearchText(contact), contact.etag()};
          }};
}

absl::Duration ContactIndex::Step() {
  bool more = false;
  for (const auto part :
       {&ContactIndex::WriteColumns, &ContactIndex::IndexWords, &ContactIndex::DropErased}) {
    const absl::StatusOr<bool> done = (this->*part)();
    if (!done.ok()) return kRest;  // The database logs what is wrong with it.
    more = more || *done;
  }
  return more ? kPause : kRest;
}

absl::StatusOr<bool> ContactIndex::WriteColumns() {
  static constexpr std::string_view kFields[] = {"etag"};
  const auto left_behind = [this](storage::Session& session) {
    return table_.List(session, "where indexed_etag <> etag order by id limit :limit",
                       kContactsOfAWork);
  };
  ASSIGN_OR_RETURN(const std::vector<v1::Contact> some, database_.ReadOne(left_behind));
  if (some.empty()) return false;
  return database_.Write([&](storage::Session& session) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const std::vector<v1::Contact> contacts, left_behind(session));
    for (const v1::Contact& contact : contacts) {
      RETURN_IF_ERROR(table_.Update(session, contact, kFields).status());
    }
    return contacts.size() == kContactsOfAWork;
  });
}

absl::StatusOr<bool> ContactIndex::IndexWords() {
  if (database_.engine() != storage::Engine::kSqlite) return false;
  ASSIGN_OR_RETURN(const auto waiting, database_.ReadOne([&](storage::Session& session) {
    return session.SelectOne<int64_t>(
        "select count(*) from (select 1 from contact "
        "where rowid > (select indexed_to from contact_search_state) limit :least)",
        least_);
  }));
  if (!waiting.has_value() || std::get<0>(*waiting) < least_) return false;
  return database_.Write([](storage::Session& session) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const int64_t taken,
                     session.Execute("insert into contact_search (rowid, words) "
                                     "select rowid, search_words from contact "
                                     "where rowid > (select indexed_to from contact_search_state) "
                                     "order by rowid limit :limit",
                                     kDocumentsOfAWork));
    RETURN_IF_ERROR(session
                        .Execute("update contact_search_state set indexed_to = "
                                 "(select max(indexed) from (select rowid as indexed from contact "
                                 "where rowid > indexed_to order by rowid limit :limit))",
                                 kDocumentsOfAWork)
                        .status());
    return taken == kDocumentsOfAWork;
  });
}

absl::StatusOr<bool> ContactIndex::DropErased() {
  if (database_.engine() != storage::Engine::kSqlite) return false;
  const auto state = [](storage::Session& session) -> absl::StatusOr<Erased> {
    ASSIGN_OR_RETURN(const int64_t number,
                     Number(session, "select has_erased from contact_search_state"));
    return static_cast<Erased>(number);
  };
  ASSIGN_OR_RETURN(const Erased before, database_.ReadOne(state));
  if (before == Erased::kNothing) return false;
  return database_.Write([&](storage::Session& session) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const Erased now, state(session));
    // A number below zero begins to make one part of all that there are; others go on with it, and
    // change nothing once it is done.
    const int64_t pages = now == Erased::kSome ? -kPagesOfAWork : kPagesOfAWork;
    ASSIGN_OR_RETURN(const int64_t changes, Number(session, "select total_changes()"));
    RETURN_IF_ERROR(session
                        .Execute("insert into contact_search (contact_search, rank) "
                                 "values ('merge', :pages)",
                                 pages)
                        .status());
    ASSIGN_OR_RETURN(const int64_t changed, Number(session, "select total_changes()"));
    const bool done = now != Erased::kSome && changed - changes < 2;
    RETURN_IF_ERROR(session
                        .Execute("update contact_search_state set has_erased = :state",
                                 done ? Erased::kNothing : Erased::kBeingDropped)
                        .status());
    return !done;
  });
}

}  // namespace portico::contact

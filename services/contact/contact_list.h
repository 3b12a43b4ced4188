#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/storage/database.h"
#include "libs/storage/message_table.h"
#include "libs/storage/page_query.h"
#include "portico/contact/v1/contact_service.pb.h"
#include "services/contact/contact_filter.h"
#include "services/contact/contact_order.h"

namespace portico::contact {

// How much is looked at before another way is tried.
struct ListLimits {
  // Contacts that are gathered and sorted without any further question.
  int64_t most_gathered = 5000;
  // Contacts that are gone through in the order of the list, to see how many of them match. Words
  // that many have fill a page among them, and are never looked up: that takes longer the more
  // there are that have them.
  int64_t first_look = 2000;
  // Where these promise a page among no more contacts than this, and the order is that of the ids,
  // in which contacts are kept, it is gone on through them: they are read in less time than words
  // that many have are looked up.
  int64_t further_look = 16'000;
};

// Answers pages of contacts. Neither kind of database can tell well which of several conditions
// leaves few contacts over: what a filter asks for is not known when its statement is planned, and
// words have no statistics on SQLite. So this looks and counts, up to limits, and then says which
// is less to read: contacts in the order of the list, leaving out what does not match, or all those
// that an index finds for one of the conditions, which are then sorted. Thread-safe.
class ContactList {
 public:
  ContactList(storage::Database& database, const storage::Table<v1::Contact>& table,
              ListLimits limits = {});

  // `view` is the saved view of the request, or empty.
  // INVALID_ARGUMENT: the filter or the order cannot be read, the quick search has too many words,
  // or the page token belongs to another list.
  absl::StatusOr<v1::ListContactsResponse> Read(const v1::ListContactsRequest& request,
                                                const v1::SavedView& view) const;

  // INVALID_ARGUMENT: its filter, query or order could not be read. `field` is where it stands.
  static absl::Status Check(const std::string& field, const v1::SavedView& view);

 private:
  // All that decides which contacts the pages hold.
  struct Question {
    std::vector<Filter> parts;  // All of which hold.
    ContactOrder order;
    std::string fingerprint;
    int32_t page_size = 0;
    std::string page_token;
  };
  // One way to read a page.
  struct Way {
    const Filter* finding = nullptr;  // By which contacts are found; a part, or some of them.
    bool sorts = false;               // What is found, rather than reading in order.
    std::optional<storage::Condition> within = std::nullopt;
  };
  using Page = storage::Page<v1::Contact>;
  // What there is among some of the next contacts in the order of the list.
  struct Look {
    Page page;
    bool fills_page = false;  // Or there are no others.
    int64_t expected = 0;     // Contacts that fill one, if they go on like these.
  };

  static absl::StatusOr<Question> QuestionOf(const v1::ListContactsRequest& request,
                                             const v1::SavedView& view);
  absl::StatusOr<Page> Read(storage::Session& session, Question question) const;
  static int64_t WantedBy(const Question& question);
  absl::StatusOr<Look> LookAmong(storage::Session& session, const Question& question,
                                 int64_t size) const;
  absl::StatusOr<Page> Read(storage::Session& session, const Question& question, Way way) const;
  storage::PageQuery QueryOf(const Question& question, bool sorts) const;

  // Takes words that no account's number has for what they are: words of contacts.
  absl::Status TellOwnWords(storage::Session& session, std::vector<Filter>& parts) const;
  // Of those by whose words contacts are found, the ones that leave the fewest over; or none.
  absl::StatusOr<std::optional<Filter>> RarestWords(storage::Session& session,
                                                    const std::vector<Filter>& parts) const;
  // How many contacts each of the parts finds, counted up to `most`.
  absl::StatusOr<std::vector<int64_t>> Count(storage::Session& session,
                                             const std::vector<const Filter*>& parts,
                                             int64_t most) const;
  // How many of the first `size` contacts meet each of the parts.
  absl::StatusOr<std::vector<int64_t>> Sample(storage::Session& session,
                                              const std::vector<const Filter*>& parts,
                                              int64_t size) const;

  storage::Database& database_;
  const storage::Table<v1::Contact>& table_;
  const ListLimits limits_;
};

}  // namespace portico::contact

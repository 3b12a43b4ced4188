#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/storage/database.h"
#include "libs/storage/page_query.h"
#include "services/contact/contact_filter.h"

namespace portico::contact {

// How the contacts can be found for which a filter holds, without looking at the others.
enum class FoundBy {
  kNothing,  // They cannot.
  kWords,    // By what the quick search looks into.
  kIndex,    // By an index of their columns, which also tells at once how many there are.
};
FoundBy FoundByOf(const Filter& filter);

// Whether it is about one word that the contact itself has; several that all hold are found
// together.
bool IsOwnWord(const Filter& filter);

// Makes SQL conditions on the tables contact and account_number of filters. One writer for each
// statement, as it gives each argument a name of its own.
class ConditionWriter {
 public:
  // A condition for finding lets an index be used; one for checking keeps SQLite, which knows
  // nothing of how selective a condition is, from it.
  enum class Use { kFinding, kChecking };

  // `joins_number`: the statement joins account_number to contact.
  explicit ConditionWriter(storage::Engine engine, bool joins_number = false)
      : is_sqlite_(engine == storage::Engine::kSqlite), joins_number_(joins_number) {}

  storage::Condition Write(const Filter& filter, Use use);

  // A select of one row for each contact that is looked at when `filter` is for finding.
  storage::Condition Select(const Filter& filter);

  // Texts that begin with this one sort from the first of these to before the second.
  static std::pair<std::string, std::string> RangeOf(const std::string& prefix);

 private:
  std::string Text(const Filter& filter, Use use);
  std::string Text(const Comparison& comparison, Use use);
  // Of a column, as text or with text behind it.
  std::string Match(const std::string& column, const Comparison& comparison, std::string text);
  std::string OfAccount(const Comparison& comparison, Use use);
  std::string OfTime(std::string_view column, const Comparison& comparison, Use use);
  // Of words that the contact itself has, all of them.
  std::string OfOwnWords(const std::vector<const Comparison*>& words, Use use);
  // Of a word that it or its account's number has.
  std::string OfWord(const Comparison& word, Use use);
  // Selects of the row_id() of contacts that have all of them, and of those that the index of words
  // knows to.
  std::string SelectByOwnWords(const std::vector<const Comparison*>& words);
  std::string SelectIndexed(const std::vector<const Comparison*>& words);
  std::string HasInIndex(std::string_view table, const std::vector<const Comparison*>& words);
  // Of the contacts of accounts in whose numbers a word begins so.
  std::string SelectByNumber(const std::string& word);
  const char* row_id() const { return is_sqlite_ ? "rowid" : "id"; }
  std::string HasWord(std::string_view column, const std::string& argument) const;
  std::string Column(std::string_view name, Use use) const;
  std::string Bind(storage::Argument argument);

  const bool is_sqlite_;
  const bool joins_number_;
  int bound_ = 0;
  std::vector<storage::Argument> arguments_;
};

}  // namespace portico::contact

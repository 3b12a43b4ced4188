#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portico::storage {

// Both know quotes ('…' and "…") and comments (-- and /* */), and nothing else of SQL.

// The statements of `sql`, which semicolons end, without their semicolons.
// What holds only blanks and comments is none. A "create trigger … begin …; end", keywords in
// lower case, is one.
std::vector<std::string> SplitStatements(std::string_view sql);

// The names of the placeholders (":name") in `sql`, each once, in the order in
// which they first appear. A PostgreSQL cast ("::text") is none.
std::vector<std::string> PlaceholderNames(std::string_view sql);

}  // namespace portico::storage

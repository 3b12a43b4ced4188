#include "libs/storage/sql_text.h"

#include <catch2/catch.hpp>

namespace portico::storage {

using Texts = std::vector<std::string>;

TEST_CASE("Statements are split at semicolons outside of quotes and comments", "[storage]") {
  CHECK(SplitStatements("a; b") == Texts{"a", " b"});
  CHECK(SplitStatements("insert 'x;y''z;'; b;") == Texts{"insert 'x;y''z;'", " b"});
  CHECK(SplitStatements("a \"c;d\"; b") == Texts{"a \"c;d\"", " b"});
  CHECK(SplitStatements("a -- it's; one\n b; c") == Texts{"a -- it's; one\n b", " c"});
  CHECK(SplitStatements("a /* ; ' */ b; c") == Texts{"a /* ; ' */ b", " c"});
}

TEST_CASE("A trigger is one statement with those of its body", "[storage]") {
  const std::string trigger =
      "create trigger t after insert on a\nbegin\n  update b set end = 1; -- end;\n"
      "  delete from c where d = 'x; end';\nend";
  CHECK(SplitStatements(trigger + "; select 1;") == Texts{trigger, " select 1"});
  CHECK(SplitStatements("create trigger t execute function f(); b") ==
        Texts{"create trigger t execute function f()", " b"});
}

TEST_CASE("What holds only blanks and comments is no statement", "[storage]") {
  CHECK(SplitStatements("").empty());
  CHECK(SplitStatements(" \n;; -- nothing;\n /* nor here */ ; ").empty());
  CHECK(SplitStatements("-- why\na;\n-- the end") == Texts{"-- why\na"});
}

TEST_CASE("Placeholders are named once, in order, and not in quotes, comments or casts",
          "[storage]") {
  CHECK(PlaceholderNames("a = :b_1 and c = :d or e = :b_1") == Texts{"b_1", "d"});
  CHECK(PlaceholderNames("':x' \":y\" -- :z\n /* :w */ :v::text") == Texts{"v"});
  CHECK(PlaceholderNames("a : b :1 :").empty());
}

}  // namespace portico::storage

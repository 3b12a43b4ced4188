#include "libs/storage/page_token.h"

#include <catch2/catch.hpp>

namespace portico::storage {

using Key = std::vector<std::string>;

TEST_CASE("A page token gives back its key, whatever bytes it holds", "[storage]") {
  for (const Key& key : {Key{"con_1"}, Key{"", "12:x"}, Key{std::string("\0\xff:", 3), "é", ""}}) {
    const std::string token = EncodePageToken(key, "query");
    CHECK(token.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
                                  "=") == std::string::npos);
    CHECK(DecodePageToken(token, "query").value() == key);
  }
}

TEST_CASE("No token asks for the first page", "[storage]") {
  CHECK(EncodePageToken({}, "query").empty());
  CHECK(DecodePageToken("", "query").value().empty());
}

TEST_CASE("A token of another query, a changed one or none of ours is refused", "[storage]") {
  const std::string token = EncodePageToken(Key{"con_1", "7"}, "query");
  CHECK(absl::IsInvalidArgument(DecodePageToken(token, "other query").status()));
  CHECK(absl::IsInvalidArgument(DecodePageToken("x", "query").status()));
  CHECK(absl::IsInvalidArgument(DecodePageToken("not base64!", "query").status()));
  CHECK(absl::IsInvalidArgument(DecodePageToken("AAAAAAAAAAAAAAAA", "query").status()));
  for (size_t i = 0; i < token.size() - 1; ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK(absl::IsInvalidArgument(DecodePageToken(changed, "query").status()));
  }
}

}  // namespace portico::storage

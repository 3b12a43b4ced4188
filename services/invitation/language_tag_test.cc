#include "services/invitation/language_tag.h"

#include <catch2/catch.hpp>

namespace portico::invitation {
namespace {

TEST_CASE("A language tag is told by its form, and gets its usual spelling", "[language]") {
  struct Example {
    std::string text;
    std::optional<std::string> tag;
  };
  const Example example = GENERATE(values<Example>({
      {"en", "en"},
      {"EN-us", "en-US"},
      {"zh-hant-tw", "zh-Hant-TW"},
      {"es-419", "es-419"},
      {"de-CH-1996", "de-CH-1996"},
      {"sl-Rozaj-biske", "sl-rozaj-biske"},
      {"zh-yue-hk", "zh-yue-HK"},
      {"en-US-u-co-phonebk-x-Own", "en-US-u-co-phonebk-x-own"},
      {"x-house", "x-house"},
      {"", std::nullopt},
      {"e", std::nullopt},
      {"english", std::nullopt},
      {"en_US", std::nullopt},
      {"en--US", std::nullopt},
      {"-en", std::nullopt},
      {"en-", std::nullopt},
      {"en-U", std::nullopt},
      {"en-a", std::nullopt},
      {"x-", std::nullopt},
      {"d\u00e9", std::nullopt},
      {"en\"><script>", std::nullopt},
  }));
  CAPTURE(example.text);
  CHECK(CanonicalLanguageTag(example.text) == example.tag);
}

TEST_CASE("English is told from languages that begin alike", "[language]") {
  CHECK(IsEnglish(""));
  CHECK(IsEnglish("en-GB"));
  CHECK_FALSE(IsEnglish("enm"));
  CHECK_FALSE(IsEnglish("de"));
}

}  // namespace
}  // namespace portico::invitation

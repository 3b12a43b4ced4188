#include "services/contact/folded_text.h"

#include <catch2/catch.hpp>

namespace portico::contact {

TEST_CASE("Text is folded: lower case, no accents, one form of a character", "[contact]") {
  CHECK(Folded("John O'Neil 7") == "john o'neil 7");
  CHECK(Folded("\u00C9va M\u00FCller") == "eva muller");
  CHECK(Folded("E\u0301va") == "eva");  // The accent by itself.
  CHECK(Folded("Stra\u00DFe") == "strasse");
  CHECK(Folded("S\u00F8ren \u0141uk\u00C6") == "soren lukae");
  CHECK(Folded("\u0130stanbul") == "istanbul");
  CHECK(Folded("\uFF21\uFF42\uFF11") == "ab1");  // Wide ones.
  CHECK(Folded("\u0411\u041E\u0420\u0418\u0421") == "\u0431\u043E\u0440\u0438\u0441");
  CHECK(Folded("\u6771\u4EAC") == "\u6771\u4EAC");
  CHECK(Folded("").empty());
}

TEST_CASE("What is no UTF-8 is folded to something that is", "[contact]") {
  CHECK(Folded("A\xFFz") == "a?z");
}

TEST_CASE("Lowered text has its ASCII letters in lower case", "[contact]") {
  CHECK(Lowered("John@\u00C9XAMPLE.com") == "john@\u00C9xample.com");
}

}  // namespace portico::contact

#include "tools/cli/csv_reader.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace portico::cli {
namespace {

using Fields = std::vector<std::string>;

std::vector<CsvRecord> ReadAll(const std::string& file) {
  std::istringstream input(file);
  CsvReader reader(input);
  std::vector<CsvRecord> records;
  CsvRecord record;
  while (reader.Next(record)) records.push_back(record);
  return records;
}

}  // namespace

TEST_CASE("A quoted field holds separators, line breaks and doubled quotes", "[csv]") {
  const auto records = ReadAll("a,b\r\n\"x, \"\"y\"\"\",\"two\r\nlines\"\r\n\"\",\"\"\"\"\r\n");
  REQUIRE(records.size() == 3);
  CHECK(records[0].fields == Fields{"a", "b"});
  CHECK(records[1].fields == Fields{"x, \"y\"", "two\r\nlines"});
  CHECK(records[2].fields == Fields{"", "\""});
}

TEST_CASE("A record has the line that it begins in, and its text as it stands", "[csv]") {
  const auto records = ReadAll("a,b\n\"1\n2\n3\",x\n\n\r\n4,y");
  REQUIRE(records.size() == 3);
  CHECK(records[1].line == 2);
  CHECK(records[1].raw == "\"1\n2\n3\",x");
  CHECK(records[2].line == 7);
  CHECK(records[2].raw == "4,y");
}

TEST_CASE("LF and CRLF, a mark of the byte order and a missing last line break are read alike",
          "[csv]") {
  for (const std::string file : {"a,b\n1,2\n", "a,b\r\n1,2\r\n",
                                 "\xEF\xBB\xBF"
                                 "a,b\n1,2",
                                 "a,b\r\n1,2\r"}) {
    const auto records = ReadAll(file);
    REQUIRE(records.size() == 2);
    CHECK(records[0].fields == Fields{"a", "b"});
    CHECK(records[1].fields == Fields{"1", "2"});
  }
}

TEST_CASE("The separator is what the header has most of, outside its quotes", "[csv]") {
  CHECK(ReadAll("a;b\n1,5;2\n")[1].fields == Fields{"1,5", "2"});
  CHECK(ReadAll("a\tb\n1,5\t2\n")[1].fields == Fields{"1,5", "2"});
  CHECK(ReadAll("\"a;b;c\",d\n1,2\n")[0].fields == Fields{"a;b;c", "d"});
  CHECK(ReadAll("a\n1;2\n")[1].fields == Fields{"1;2"});
}

TEST_CASE("Empty fields are fields, also the last", "[csv]") {
  CHECK(ReadAll("a,b,c\n,,\n")[1].fields == Fields{"", "", ""});
}

TEST_CASE("A quote within an unquoted field is taken as it is", "[csv]") {
  CHECK(ReadAll("a,b\n5\" pipe,6\n")[1].fields == Fields{"5\" pipe", "6"});
}

TEST_CASE("A line that is not UTF-8 is wrong, and the rest goes on", "[csv]") {
  for (const std::string bad :
       {"\xE9", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    const auto records = ReadAll("a\nJos" + bad + "\nJos\xC3\xA9\n");
    REQUIRE(records.size() == 3);
    CHECK(records[1].line == 2);
    CHECK(records[1].raw == "Jos" + bad);
    CHECK(records[1].wrong == "got bytes that are not UTF-8, want UTF-8");
    CHECK(records[2].fields == Fields{"Jos\xC3\xA9"});
  }
}

TEST_CASE("A record of several lines that is not UTF-8 is wrong as a whole", "[csv]") {
  const auto records = ReadAll("a,b\nJos\xE9,\"two\nlines\"\nx,y\n");
  REQUIRE(records.size() == 3);
  CHECK(records[1].raw == "Jos\xE9,\"two\nlines\"");
  CHECK_FALSE(records[1].wrong.empty());
  CHECK(records[2].line == 4);
}

TEST_CASE("A quote that is not closed costs its line, not the file", "[csv]") {
  const auto at_the_end = ReadAll("a,b\n\"x,1\ny,2\n");
  REQUIRE(at_the_end.size() == 3);
  CHECK(at_the_end[1].wrong == "got a quote that is not closed");
  CHECK(at_the_end[1].raw == "\"x,1");
  CHECK(at_the_end[2].fields == Fields{"y", "2"});
  CHECK(at_the_end[2].line == 3);

  std::string large = "a,b\n\"x,1\n";
  for (int i = 0; i < 300'000; ++i) large += "y,2\n";
  const auto records = ReadAll(large);
  REQUIRE(records.size() == 300'002);
  CHECK(records[1].wrong == "got a quote that is not closed");
  CHECK(records.back().fields == Fields{"y", "2"});
  CHECK(records.back().line == 300'002);
}

TEST_CASE("Text behind a closing quote is wrong", "[csv]") {
  const auto records = ReadAll("a,b\n\"x\"y,1\nz,2\n");
  REQUIRE(records.size() == 3);
  CHECK(records[1].wrong ==
        "got text behind the closing quote of field 1, want a separator or the end of the line");
  CHECK(records[2].fields == Fields{"z", "2"});
}

TEST_CASE("A line without end is wrong, and what is behind it is read", "[csv]") {
  const auto records = ReadAll("a\n" + std::string(3 * kLongestRow, 'x') + "\ny\n");
  REQUIRE(records.size() == 3);
  CHECK(records[1].wrong == "got more than a mebibyte, want less in a row");
  CHECK(records[1].raw.size() == kLongestRow);
  CHECK(records[2].fields == Fields{"y"});
  CHECK(records[2].line == 3);
}

TEST_CASE("Records are the same wherever a piece of the file ends", "[csv]") {
  std::string file = "a,b\n";
  for (int i = 0; i < 20'000; ++i) file += "\"" + std::to_string(i) + "\"\"\r\n\",\"y\"\r\n";
  const auto records = ReadAll(file);
  REQUIRE(records.size() == 20'001);
  for (int i = 0; i < 20'000; ++i) {
    REQUIRE(records[i + 1].fields == Fields{std::to_string(i) + "\"\r\n", "y"});
  }
}

TEST_CASE("A file of nothing has no records", "[csv]") {
  CHECK(ReadAll("").empty());
  CHECK(ReadAll("\n\r\n\n").empty());
}

TEST_CASE("What is written as a line of CSV is read as it was", "[csv]") {
  const Fields fields{"plain", "a,b", "say \"hi\"", "two\nlines", ""};
  CHECK(ReadAll(CsvLine({"1", "2", "3", "4", "5"}, ',') + "\n" + CsvLine(fields, ','))[1].fields ==
        fields);
}

}  // namespace portico::cli

#include "tools/cli/row_source.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "portico/contact/v1/contact_service.pb.h"

namespace portico::cli {
namespace {

struct Read {
  FileRow row;
  contact::v1::ImportContactRow message;
};

std::vector<Read> ReadAll(RowSource& source) {
  std::vector<Read> all;
  while (true) {
    Read read;
    const auto found = source.Next(read.row, read.message);
    REQUIRE(found.ok());
    if (!*found) return all;
    all.push_back(std::move(read));
  }
}

}  // namespace

TEST_CASE("Rows of NDJSON are rows of the import, and a wrong one spoils no other", "[import]") {
  std::istringstream input(
      "\xEF\xBB\xBF{\"contact\":{\"externalId\":\"E1\",\"portalAccessEnabled\":false},"
      "\"accountNumber\":\"4941\"}\r\n"
      "\n"
      "{\"contact\":{\"shoeSize\":9}}\n"
      "{\"contact\":\n"
      "{\"accountNumber\":\"\xE9\"}\n" +
      std::string(2 * kLongestRow, ' ') + "{}\n{\"account_number\":\"1\"}");
  JsonRows rows(input);
  const auto read = ReadAll(rows);
  REQUIRE(read.size() == 5);
  CHECK(read[0].message.contact().external_id() == "E1");
  CHECK(read[0].message.contact().has_portal_access_enabled());
  CHECK(read[0].row.line == 1);
  for (int i = 1; i <= 3; ++i) CHECK(read[i].row.wrong.has_value());
  CHECK(read[1].row.line == 3);
  CHECK(read[1].row.raw == "{\"contact\":{\"shoeSize\":9}}");
  CHECK(read[3].row.wrong->description == "got bytes that are not UTF-8, want UTF-8");
  CHECK(read[4].message.account_number() == "1");
  CHECK(read[4].row.line == 7);
}

TEST_CASE("A long line of NDJSON is wrong", "[import]") {
  std::istringstream input("{\"accountNumber\":\"" + std::string(2 * kLongestRow, 'x') +
                           "\"}\n{}\n");
  JsonRows rows(input);
  const auto read = ReadAll(rows);
  REQUIRE(read.size() == 2);
  CHECK(read[0].row.wrong.has_value());
  CHECK_FALSE(read[1].row.wrong.has_value());
}

TEST_CASE("Rows of CSV have their line, text and fields", "[import]") {
  std::istringstream input("email;tags\na@example.com;\"x|\ny\"\nb@example.com\n");
  const auto rows = CsvRows::Open(input, *FindImportKind("contacts"), {});
  REQUIRE(rows.ok());
  const auto read = ReadAll(**rows);
  REQUIRE(read.size() == 2);
  CHECK(read[0].message.contact().tags(1) == "y");
  CHECK(read[1].row.line == 4);
  CHECK(read[1].row.raw == "b@example.com");
  CHECK(read[1].row.wrong->description == "got 1 fields, want 2, as the header has");
  CHECK((*rows)->header() == "email;tags");
  CHECK((*rows)->separator() == ';');
}

TEST_CASE("A file that is empty, or not UTF-8 from the start, has no header", "[import]") {
  for (const std::string file : {"", "\n",
                                 "\xFF\xFE"
                                 "e\n"}) {
    std::istringstream input(file);
    CHECK(absl::IsInvalidArgument(CsvRows::Open(input, *FindImportKind("contacts"), {}).status()));
  }
}

TEST_CASE("What is imported is guessed from the file's name where that tells of one kind",
          "[import]") {
  CHECK(GuessImportKind("/sites/Contacts-2026.csv")->name == "contacts");
  CHECK(GuessImportKind("invoice.ndjson")->name == "invoices");
  CHECK(GuessImportKind("contacts.csv.rejects.csv")->name == "contacts");
  CHECK(GuessImportKind("people.csv") == nullptr);
  CHECK(GuessImportKind("account-contacts.csv") == nullptr);
}

}  // namespace portico::cli

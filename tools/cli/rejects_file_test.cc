#include "tools/cli/rejects_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "portico/contact/v1/contact_service.pb.h"
#include "tools/cli/row_source.h"

namespace portico::cli {
namespace {

struct Fixture {
  Fixture() { std::filesystem::remove(path); }
  ~Fixture() { std::filesystem::remove(path); }
  std::string Text() const {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  const std::string path =
      (std::filesystem::temp_directory_path() / ("rejects-file-" + std::to_string(getpid())))
          .string();
};

}  // namespace

TEST_CASE("There is no file of rejects without a reject, and none of the import before",
          "[import]") {
  Fixture f;
  { std::ofstream(f.path) << "of before"; }
  RejectsFile rejects(f.path, std::nullopt, false);
  CHECK(f.Text() == "of before");  // Nothing is known better yet.
  rejects.Begin();
  CHECK(rejects.Close().ok());
  CHECK_FALSE(std::filesystem::exists(f.path));
}

TEST_CASE("An import that goes on adds to the rejects, and another begins them anew", "[import]") {
  Fixture f;
  { std::ofstream(f.path) << "of before\n"; }
  RejectsFile rest(f.path, RejectsFile::CsvForm{"email", ','}, true);
  REQUIRE(rest.Add({1, {"", "wrong"}}, "x@").ok());
  REQUIRE(rest.Close().ok());
  CHECK(f.Text() == "of before\n1,,wrong,x@\n");
  RejectsFile anew(f.path, RejectsFile::CsvForm{"email", ','}, false);
  REQUIRE(anew.Add({1, {"", "wrong"}}, "x@").ok());
  REQUIRE(anew.Add({2, {"", "wrong"}}, "y@").ok());
  REQUIRE(anew.Close().ok());
  CHECK(f.Text() ==
        "rejected_line,rejected_field,rejected_reason,email\n1,,wrong,x@\n2,,wrong,y@\n");
}

TEST_CASE("Only its owner may read the rejects", "[import]") {
  namespace fs = std::filesystem;
  Fixture f;
  RejectsFile rejects(f.path, std::nullopt, false);
  REQUIRE(rejects.Add({1, {"contact.email", "wrong"}}, "{}").ok());
  CHECK(fs::status(f.path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("Rejects of NDJSON are the rows with why, those that are no JSON as text", "[import]") {
  Fixture f;
  RejectsFile rejects(f.path, std::nullopt, false);
  REQUIRE(rejects.Add({1, {"contact.email", "got \"x@\""}}, "{\"b\":1,\"a\":2}").ok());
  REQUIRE(rejects.Add({2, {"", "wrong"}}, "{\"b\":\xE9").ok());
  REQUIRE(rejects.Close().ok());
  CHECK(f.Text() ==
        "{\"line\":1,\"field\":\"contact.email\",\"reason\":\"got \\\"x@\\\"\","
        "\"row\":{\"b\":1,\"a\":2}}\n"
        "{\"line\":2,\"field\":\"\",\"reason\":\"wrong\",\"row\":\"{\\\"b\\\":\xEF\xBF\xBD\"}\n");
}

TEST_CASE("Rejects of CSV are imported as they are once they are mended", "[import]") {
  Fixture f;
  RejectsFile rejects(f.path, RejectsFile::CsvForm{"email;tags", ';'}, false);
  REQUIRE(rejects.Add({7, {"contact.email", "got \"x;\""}}, "a@example.com;\"x;y\"").ok());
  REQUIRE(rejects.Close().ok());
  std::ifstream input(f.path, std::ios::binary);
  const auto rows = CsvRows::Open(input, *FindImportKind("contacts"), {});
  REQUIRE(rows.ok());
  FileRow row;
  contact::v1::ImportContactRow message;
  REQUIRE((*rows)->Next(row, message).value());
  CHECK(message.contact().email() == "a@example.com");
  CHECK(message.contact().tags(0) == "x;y");
}

TEST_CASE("Rejects that cannot be written are an error", "[import]") {
  RejectsFile rejects("/dev/full", std::nullopt, false);
  absl::Status status = rejects.Add({1, {"", "wrong"}}, "{}");
  status.Update(rejects.Close());
  CHECK(absl::IsUnknown(status));
}

}  // namespace portico::cli

#include "services/registration/password_rules.h"

#include <stdlib.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

namespace portico::registration {
namespace {

class TempFolder {
 public:
  TempFolder() : path_(std::filesystem::temp_directory_path() / "portico-test-XXXXXX") {
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

bool IsFine(const std::string& password, const std::string& user_id = "john.doe") {
  const CommonPasswords built_in("");
  return !PasswordFault(password, user_id, built_in).has_value();
}

}  // namespace

TEST_CASE("A password has 8 to 128 characters, counted as code points", "[password]") {
  CHECK_FALSE(IsFine("kZ4!xq7"));
  CHECK(IsFine("kZ4!xq7p"));
  CHECK_FALSE(IsFine("grün→ßé"));  // 7 characters in 12 bytes.
  CHECK(IsFine("grün→ßéü"));
  std::string longest;
  for (int i = 0; i < 64; ++i) longest += "ü→";
  CHECK(IsFine(longest));
  CHECK_FALSE(IsFine(longest + "x"));
}

TEST_CASE("A password needs no kinds of characters", "[password]") {
  CHECK(IsFine("a heap of red leaves"));
  CHECK(IsFine("vkqjwzmx"));
}

TEST_CASE("A password is not the user ID, in whatever case", "[password]") {
  CHECK_FALSE(IsFine("John.Doe", "john.doe"));
  CHECK(IsFine("John.Doe", "jane.doe"));
}

TEST_CASE("A common password is refused in whatever case, and never repeated", "[password]") {
  for (const char* common : {"password", "12345678", "Password1", "QWERTYUIOP", "p@ssw0rd"}) {
    const auto fault = PasswordFault(common, "john.doe", CommonPasswords(""));
    REQUIRE(fault.has_value());
    CHECK(fault->find(common) == std::string_view::npos);
  }
}

TEST_CASE("Common passwords are read from a plain file and from a gzip one", "[password]") {
  const TempFolder folder;
  const std::string lines = "short\nMoonbeam77\r\n\ntorchlight\n";
  std::ofstream(folder.File("plain")) << lines;
  const gzFile zipped = gzopen(folder.File("list.gz").c_str(), "wb");
  REQUIRE(gzwrite(zipped, lines.data(), static_cast<unsigned>(lines.size())) > 0);
  REQUIRE(gzclose(zipped) == Z_OK);

  for (const char* file : {"plain", "list.gz"}) {
    INFO(file);
    const CommonPasswords common(folder.File(file));
    CHECK(common.Contains("moonbeam77"));
    CHECK(common.Contains("torchlight"));
    CHECK(common.Contains("password"));
    CHECK_FALSE(common.Contains("a heap of red leaves"));
    CHECK(common.size() == CommonPasswords("").size() + 2);
  }
}

TEST_CASE("Without a readable file the built-in common passwords count", "[password]") {
  const TempFolder folder;
  for (const std::string& path : {folder.File("absent"), folder.File("")}) {
    INFO(path);
    const CommonPasswords common(path);
    CHECK(common.Contains("iloveyou"));
    CHECK(common.size() > 100);
  }
}

}  // namespace portico::registration

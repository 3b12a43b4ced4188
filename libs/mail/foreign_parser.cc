#include "libs/mail/foreign_parser.h"

#include <absl/strings/str_split.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <vector>

namespace portico::mail {

nlohmann::json Parse(const std::string& bytes) {
  std::string path = std::filesystem::temp_directory_path() / "portico_message_XXXXXX";
  close(mkstemp(path.data()));
  std::ofstream(path, std::ios::binary) << bytes;
  const std::string command = "/usr/bin/python3 " PORTICO_MAIL_TESTDATA "/parse_message.py " + path;
  FILE* output = popen(command.c_str(), "r");
  REQUIRE(output != nullptr);
  std::string json;
  std::array<char, 4096> buffer;
  while (const size_t count = fread(buffer.data(), 1, buffer.size(), output)) {
    json.append(buffer.data(), count);
  }
  REQUIRE(pclose(output) == 0);
  std::filesystem::remove(path);
  return nlohmann::json::parse(json);
}

void CheckLines(const std::string& bytes) {
  REQUIRE(bytes.ends_with("\r\n"));
  std::vector<std::string> lines = absl::StrSplit(bytes, "\r\n");
  lines.pop_back();
  bool in_head = true;
  for (const std::string& line : lines) {
    CAPTURE(line);
    in_head = in_head && !line.empty();
    CHECK(line.size() <= (in_head ? 998 : 76));
    CHECK(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    if (line.find("=?") != std::string::npos) CHECK(line.size() <= 76);
    if (!in_head) CHECK_FALSE((line.ends_with(' ') || line.ends_with('\t')));
  }
}

}  // namespace portico::mail

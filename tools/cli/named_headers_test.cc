#include "tools/cli/named_headers.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

namespace portico::cli {

TEST_CASE("A mapping is pairs of header and field", "[import]") {
  CHECK(ParseNamedHeaders("E-mail Address=email, Fax =", ',').value() ==
        NamedHeaders{{"E-mail Address", "email"}, {"Fax", ""}});
  CHECK(ParseNamedHeaders("# Ours\r\nName, first=name.first\r\n\r\nA=B=tags\n", '\n').value() ==
        NamedHeaders{{"Name, first", "name.first"}, {"A=B", "tags"}});
  CHECK_FALSE(ParseNamedHeaders("email", ',').ok());
  CHECK_FALSE(ParseNamedHeaders("a=email,a=tags", ',').ok());
}

TEST_CASE("A mapping may stand in a file, as a spreadsheet writes it", "[import]") {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("named-headers-" + std::to_string(getpid()));
  {
    std::ofstream(path, std::ios::binary) << "\xEF\xBB\xBF"
                                             "E-mail=email\r\nFax=\r\n";
  }
  const auto named = ReadNamedHeaders(path.string());
  std::filesystem::remove(path);
  CHECK(named.value() == NamedHeaders{{"E-mail", "email"}, {"Fax", ""}});

  CHECK(ReadNamedHeaders("E-mail=email,Fax=").value().size() == 2);
  CHECK(ReadNamedHeaders("").value().empty());
}

TEST_CASE("A mapping file that is not there is told as such", "[import]") {
  const absl::Status status = ReadNamedHeaders("no-such-mapping.txt").status();
  CHECK(absl::IsInvalidArgument(status));
  CHECK(std::string(status.message()).find("there is none of this name") != std::string::npos);
}

}  // namespace portico::cli

#include "libs/settings/parser.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace portico::settings {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;

// One setting of every kind, as a service would declare them.
struct Sample {
  std::string name = "north";
  std::string address = "127.0.0.1:1";
  int64_t workers = 4;
  absl::Duration drain = absl::Seconds(15);
  bool verbose = false;
  std::string format = "text";
  std::vector<std::string> domains = {"example.com"};
  Secret password{"changeme"};

  absl::StatusOr<Outcome> Parse(const std::vector<std::string>& arguments,
                                const std::map<std::string, std::string>& environment = {}) {
    Parser parser("portico-sample", "shows settings.");
    parser.Text("PORTICO_NAME", &name, "Its name.");
    parser.Address("PORTICO_LISTEN", &address, "Where it listens.");
    parser.Number("PORTICO_WORKERS", &workers, 1, 64, "Threads that run handlers.");
    parser.Duration("PORTICO_DRAIN_TIME", &drain, "How long it drains.");
    parser.Flag("PORTICO_VERBOSE", &verbose, "Says more.");
    parser.Choice("PORTICO_FORMAT", &format, {"text", "json"}, "The form.");
    parser.List("PORTICO_DOMAINS", &domains, "Sender domains.");
    parser.Secret(
        "PORTICO_PASSWORD", &password, "The password.",
        {"eight or more characters", [](std::string_view text) { return text.size() >= 8; }});
    return parser.Parse(
        arguments,
        [&](const std::string& variable) -> std::optional<std::string> {
          const auto found = environment.find(variable);
          if (found == environment.end()) return std::nullopt;
          return found->second;
        },
        printed);
  }

  std::ostringstream printed;
};

// A file that is removed with it.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    char name[] = "/tmp/portico_settings_XXXXXX";
    close(mkstemp(name));
    path_ = name;
    std::ofstream(path_) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string ErrorOf(const std::vector<std::string>& arguments,
                    const std::map<std::string, std::string>& environment = {}) {
  Sample sample;
  const auto outcome = sample.Parse(arguments, environment);
  CHECK(outcome.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(outcome.status().message());
}

TEST_CASE("Settings keep their defaults when nothing is set", "[settings]") {
  Sample sample;
  CHECK(sample.Parse({}).value() == Outcome::kRun);
  CHECK(sample.name == "north");
  CHECK(sample.workers == 4);
  CHECK(sample.drain == absl::Seconds(15));
  CHECK(sample.domains == std::vector<std::string>{"example.com"});
}

TEST_CASE("Every kind of setting is read from the environment", "[settings]") {
  Sample sample;
  REQUIRE(sample
              .Parse({}, {{"PORTICO_NAME", "south"},
                          {"PORTICO_LISTEN", "[::1]:0"},
                          {"PORTICO_WORKERS", "64"},
                          {"PORTICO_DRAIN_TIME", "1h30m"},
                          {"PORTICO_VERBOSE", "true"},
                          {"PORTICO_FORMAT", "json"},
                          {"PORTICO_DOMAINS", " a.example, b.example ,"},
                          {"PORTICO_PASSWORD", "correct horse"}})
              .ok());
  CHECK(sample.name == "south");
  CHECK(sample.address == "[::1]:0");
  CHECK(sample.workers == 64);
  CHECK(sample.drain == absl::Minutes(90));
  CHECK(sample.verbose);
  CHECK(sample.format == "json");
  CHECK(sample.domains == std::vector<std::string>{"a.example", "b.example"});
  CHECK(sample.password.Reveal() == "correct horse");
}

TEST_CASE("A flag in either spelling overrides the environment", "[settings]") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--workers", "8"}, {"--workers=8"}, {"--PORTICO_WORKERS=8"}}) {
    Sample sample;
    REQUIRE(sample.Parse(arguments, {{"PORTICO_WORKERS", "2"}}).ok());
    CHECK(sample.workers == 8);
  }
}

TEST_CASE("A yes-or-no flag may stand alone or carry a value", "[settings]") {
  Sample alone;
  REQUIRE(alone.Parse({"--verbose", "--name", "x"}).ok());
  CHECK(alone.verbose);
  Sample off;
  REQUIRE(off.Parse({"--verbose=false"}, {{"PORTICO_VERBOSE", "true"}}).ok());
  CHECK_FALSE(off.verbose);
}

TEST_CASE("An empty variable counts as none", "[settings]") {
  Sample sample;
  REQUIRE(sample.Parse({}, {{"PORTICO_WORKERS", ""}, {"PORTICO_PASSWORD", ""}}).ok());
  CHECK(sample.workers == 4);
  CHECK(sample.password.Reveal() == "changeme");
}

TEST_CASE("A bad value is refused in one line that says what is wanted", "[settings]") {
  CHECK(ErrorOf({}, {{"PORTICO_WORKERS", "65"}}) ==
        "PORTICO_WORKERS: got \"65\", want a whole number from 1 to 64");
  CHECK(ErrorOf({"--workers=4x"}) ==
        "PORTICO_WORKERS: got \"4x\", want a whole number from 1 to 64");
  CHECK(ErrorOf({}, {{"PORTICO_DRAIN_TIME", "15"}}) ==
        "PORTICO_DRAIN_TIME: got \"15\", want a duration such as 30s or 15m");
  CHECK_THAT(ErrorOf({}, {{"PORTICO_DRAIN_TIME", "-1s"}}), Contains("got \"-1s\""));
  CHECK_THAT(ErrorOf({}, {{"PORTICO_DRAIN_TIME", "inf"}}), Contains("got \"inf\""));
  CHECK(ErrorOf({}, {{"PORTICO_LISTEN", "a:8\n0"}}) ==
        "PORTICO_LISTEN: got \"a:8\\n0\", want host:port");
  CHECK(ErrorOf({}, {{"PORTICO_FORMAT", "xml"}}) ==
        "PORTICO_FORMAT: got \"xml\", want one of text, json");
  CHECK(ErrorOf({}, {{"PORTICO_VERBOSE", "maybe"}}) ==
        "PORTICO_VERBOSE: got \"maybe\", want true or false");
}

TEST_CASE("An address is a host and a port", "[settings]") {
  for (const char* address : {"0.0.0.0:80", "contact.svc:65535", "[fe80::1]:7101", "localhost:0"}) {
    Sample sample;
    CHECK(sample.Parse({}, {{"PORTICO_LISTEN", address}}).ok());
    CHECK(sample.address == address);
  }
  for (const char* address : {"localhost", ":80", "localhost:", "localhost:65536", "localhost:-1",
                              "local host:1", "http://localhost:1", "::1:80", "[]:1"}) {
    CHECK(ErrorOf({}, {{"PORTICO_LISTEN", address}}) ==
          "PORTICO_LISTEN: got \"" + std::string(address) + "\", want host:port");
  }
}

TEST_CASE("An unknown flag and a stray argument are refused", "[settings]") {
  CHECK_THAT(ErrorOf({"--worker=4"}), Contains("--worker=4"));
  CHECK_THAT(ErrorOf({"start"}), Contains("start"));
  CHECK_THAT(ErrorOf({"--workers=4", "--workers=5"}), Contains("--workers"));
}

TEST_CASE("A secret may lie in a file", "[settings]") {
  const TemporaryFile file("correct horse\r\n");
  Sample from_environment;
  REQUIRE(from_environment.Parse({}, {{"PORTICO_PASSWORD_FILE", file.path()}}).ok());
  CHECK(from_environment.password.Reveal() == "correct horse");

  Sample from_flag;
  REQUIRE(
      from_flag.Parse({"--password-file", file.path()}, {{"PORTICO_PASSWORD", "overridden"}}).ok());
  CHECK(from_flag.password.Reveal() == "correct horse");
}

TEST_CASE("A secret given twice, or in no readable file, is refused", "[settings]") {
  const TemporaryFile file("correct horse");
  const TemporaryFile empty("\n");
  CHECK(ErrorOf({}, {{"PORTICO_PASSWORD", "12345678"}, {"PORTICO_PASSWORD_FILE", file.path()}}) ==
        "PORTICO_PASSWORD: got PORTICO_PASSWORD_FILE as well, want one of the two");
  CHECK_THAT(ErrorOf({}, {{"PORTICO_PASSWORD_FILE", "/nonexistent/secret"}}),
             Equals("PORTICO_PASSWORD_FILE: want a readable file, got \"/nonexistent/secret\": "
                    "No such file or directory"));
  CHECK_THAT(ErrorOf({}, {{"PORTICO_PASSWORD_FILE", empty.path()}}), Contains("which is empty"));
  CHECK_THAT(ErrorOf({}, {{"PORTICO_PASSWORD_FILE", "/tmp"}}), Contains("want a readable file"));
}

TEST_CASE("No error shows a secret", "[settings]") {
  CHECK(ErrorOf({}, {{"PORTICO_PASSWORD", "hunter2"}}) ==
        "PORTICO_PASSWORD: got something else, want eight or more characters");
  const TemporaryFile file("hunter2");
  CHECK_THAT(ErrorOf({}, {{"PORTICO_PASSWORD_FILE", file.path()}}), !Contains("hunter2"));
}

TEST_CASE("Help lists every setting with its form, meaning and default", "[settings]") {
  Sample sample;
  CHECK(sample.Parse({"--help"}, {{"PORTICO_WORKERS", "broken"}}).value() == Outcome::kExit);
  const std::string help = sample.printed.str();
  CHECK_THAT(help, Contains("PORTICO_WORKERS, --workers (a whole number from 1 to 64)\n"
                            "      Threads that run handlers.\n"
                            "      Default: 4\n"));
  CHECK_THAT(help, Contains("PORTICO_PASSWORD_FILE, --password-file"));
  CHECK_THAT(help, Contains("Default: 15s"));
  for (const char* variable : {"PORTICO_NAME", "PORTICO_LISTEN", "PORTICO_DRAIN_TIME",
                               "PORTICO_VERBOSE", "PORTICO_FORMAT", "PORTICO_DOMAINS"}) {
    CHECK_THAT(help, Contains(variable));
  }
}

TEST_CASE("Version prints the program and its version", "[settings]") {
  Sample sample;
  CHECK(sample.Parse({"--version"}).value() == Outcome::kExit);
  CHECK_THAT(sample.printed.str(), Contains("portico-sample "));
}

TEST_CASE("A setting declared twice is an error, not a crash", "[settings]") {
  std::string one, two;
  Parser parser("portico-sample", "shows settings.");
  parser.Text("PORTICO_NAME", &one, "Its name.");
  parser.Text("PORTICO_NAME", &two, "Its name.");
  const char* arguments[] = {"portico-sample"};
  CHECK_FALSE(parser.Parse(1, arguments).ok());
}

TEST_CASE("The process's own arguments and environment are read", "[settings]") {
  std::string name, place;
  Parser parser("portico-sample", "shows settings.");
  parser.Text("PORTICO_SETTINGS_TEST_NAME", &name, "Its name.");
  parser.Text("PORTICO_SETTINGS_TEST_PLACE", &place, "Its place.");
  setenv("PORTICO_SETTINGS_TEST_NAME", "from the environment", 1);
  const char* arguments[] = {"portico-sample", "--settings-test-place", "from a flag"};
  CHECK(parser.Parse(3, arguments).value() == Outcome::kRun);
  unsetenv("PORTICO_SETTINGS_TEST_NAME");
  CHECK(name == "from the environment");
  CHECK(place == "from a flag");
}

}  // namespace
}  // namespace portico::settings

#include "libs/log/log.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "libs/log/trace.h"

namespace portico::log {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::Matches;

// What is logged while it lives.
class Captured {
 public:
  explicit Captured(std::string_view format, std::string_view level = "info") {
    Init("contact", level, format, out_);
  }
  ~Captured() { Init("contact", "info", "text"); }

  std::string text() const { return out_.str(); }
  nlohmann::json json() const { return nlohmann::json::parse(out_.str()); }
  int lines() const {
    const std::string all = text();
    return static_cast<int>(std::count(all.begin(), all.end(), '\n'));
  }

 private:
  std::ostringstream out_;
};

TEST_CASE("A text line holds time, level, service, message, fields and trace", "[log]") {
  const Captured log("text");
  const TraceScope trace("4bf92f3577b34da6a3ce929d0e0e4736");
  const std::string method = "GetContact";
  Info("call done", {{"method", method}, {"code", "OK"}, {"duration_ms", 1.25}, {"peer", "a b"}});
  CHECK_THAT(log.text(),
             Matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z info contact: call done "
                     "method=GetContact code=OK duration_ms=1.25 peer=\"a b\" "
                     "trace_id=4bf92f3577b34da6a3ce929d0e0e4736\n"));
}

TEST_CASE("A JSON line holds the same, with numbers and booleans as such", "[log]") {
  const Captured log("json");
  const TraceScope trace("4bf92f3577b34da6a3ce929d0e0e4736");
  Warn("call done", {{"method", "GetContact"}, {"count", 3}, {"ratio", 0.5}, {"again", true}});
  const nlohmann::json line = log.json();
  CHECK(line["level"] == "warn");
  CHECK(line["service"] == "contact");
  CHECK(line["message"] == "call done");
  CHECK(line["method"] == "GetContact");
  CHECK(line["count"] == 3);
  CHECK(line["ratio"] == 0.5);
  CHECK(line["again"] == true);
  CHECK(line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK_THAT(line["time"].get<std::string>(), EndsWith("Z"));
}

TEST_CASE("A number that JSON lacks is null", "[log]") {
  const Captured log("json");
  Info("odd", {{"ratio", 0.0 / 0.0}});
  CHECK(log.json()["ratio"].is_null());
}

TEST_CASE("No value can break a text line or steer a terminal", "[log]") {
  const Captured log("text");
  const std::string evil =
      "x\n2026-01-01T00:00:00.000000Z error contact: forged\r\x1b[2J\x7f\xc2\x9b";
  Info(evil, {{"name", evil}, {"empty", ""}, {"quoted", "say \"x=1\""}});
  CHECK(log.lines() == 1);
  for (const char* control : {"\r", "\x1b", "\x7f", "\xc2\x9b"}) {
    CHECK_THAT(log.text(), !Contains(control));
  }
  CHECK_THAT(log.text(), Contains("contact: x\\n2026"));
  CHECK_THAT(log.text(), Contains("empty=\"\" quoted=\"say \\\"x=1\\\"\""));
}

TEST_CASE("No value can break a JSON line", "[log]") {
  const Captured log("json");
  const std::string evil = "x\",\"level\":\"error\n\xff\x01";
  Info(evil, {{"name", evil}});
  CHECK(log.lines() == 1);
  CHECK(log.json()["level"] == "info");
  CHECK(log.json()["message"] == "x\",\"level\":\"error\n\xef\xbf\xbd\x01");
}

TEST_CASE("Entries below the level are dropped", "[log]") {
  const Captured log("text", "warn");
  Debug("quiet");
  Info("quiet");
  Warn("loud");
  Error("loud");
  CHECK(log.lines() == 2);
  CHECK_THAT(log.text(), !Contains("quiet"));
}

TEST_CASE("Debug level shows debug entries", "[log]") {
  const Captured log("text", "debug");
  Debug("seen");
  CHECK_THAT(log.text(), Contains(" debug contact: seen"));
}

TEST_CASE("spdlog's own callers come out in the same form", "[log]") {
  const Captured log("text");
  const TraceScope trace("4bf92f3577b34da6a3ce929d0e0e4736");
  Info("ours", {{"field", 1}});
  spdlog::error("database: {} of\n{}", 1, 2);
  CHECK(log.lines() == 2);
  CHECK_THAT(log.text(), EndsWith(" error contact: database: 1 of\\n2 "
                                  "trace_id=4bf92f3577b34da6a3ce929d0e0e4736\n"));
}

TEST_CASE("Threads that log at once each write whole lines", "[log]") {
  const Captured log("json");
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([thread] {
      for (int i = 0; i < 100; ++i) Info("entry", {{"thread", thread}, {"number", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::istringstream lines(log.text());
  std::vector<int> seen(4, 0);
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json entry = nlohmann::json::parse(line);
    CHECK(entry["number"] == seen[entry["thread"].get<int>()]++);
  }
  CHECK(seen == std::vector<int>(4, 100));
}

}  // namespace
}  // namespace portico::log

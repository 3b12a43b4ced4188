#include "libs/log/trace.h"

#include <catch2/catch.hpp>
#include <thread>

namespace portico::log {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParent = "00f067aa0ba902b7";

TEST_CASE("A traceparent gives its trace id", "[log]") {
  CHECK(ParseTraceparent("00-" + kTrace + "-" + kParent + "-01") == kTrace);
  CHECK(ParseTraceparent("00-" + kTrace + "-" + kParent + "-00") == kTrace);
  CHECK(ParseTraceparent("cc-" + kTrace + "-" + kParent + "-01-more.of-it") == kTrace);
}

TEST_CASE("A malformed traceparent gives none", "[log]") {
  const std::string zeros(32, '0');
  for (const std::string& header : std::initializer_list<std::string>{
           "",
           "00",
           kTrace,
           "ff-" + kTrace + "-" + kParent + "-01",
           "0x-" + kTrace + "-" + kParent + "-01",
           "00-" + zeros + "-" + kParent + "-01",
           "00-" + kTrace + "-" + zeros.substr(16) + "-01",
           "00-" + kTrace + "-" + kParent + "-01-more",
           "cc-" + kTrace + "-" + kParent + "-01.more",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + kParent + "-01",
           "00-" + kTrace + "-" + kParent + "-0g",
           "00_" + kTrace + "-" + kParent + "-01",
           "00-" + kTrace + "-" + kParent + "-1",
       }) {
    CAPTURE(header);
    CHECK_FALSE(ParseTraceparent(header).has_value());
  }
}

TEST_CASE("A formatted traceparent names the trace and a parent of its own", "[log]") {
  const std::string trace = NewTraceId();
  const std::string header = FormatTraceparent(trace);
  CHECK(ParseTraceparent(header) == trace);
  CHECK(header != FormatTraceparent(trace));
  CHECK(NewTraceId() != trace);
}

TEST_CASE("Trace scopes nest, and are of their thread", "[log]") {
  CHECK(CurrentTraceId().empty());
  {
    const TraceScope outer("outer");
    {
      const TraceScope inner("inner");
      CHECK(CurrentTraceId() == "inner");
      std::string elsewhere = "unset";
      std::thread([&elsewhere] { elsewhere = CurrentTraceId(); }).join();
      CHECK(elsewhere.empty());
    }
    CHECK(CurrentTraceId() == "outer");
  }
  CHECK(CurrentTraceId().empty());
}

}  // namespace
}  // namespace portico::log

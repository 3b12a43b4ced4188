#include "libs/log/descriptor_sink.h"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace portico::log {
namespace {

class Pipe {
 public:
  Pipe() { REQUIRE(pipe(ends_) == 0); }
  ~Pipe() {
    close(ends_[0]);
    CloseWriter();
  }

  int writer() const { return ends_[1]; }
  void CloseWriter() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

  // Up to the writer's end.
  std::string ReadAll() {
    std::string all;
    char bytes[4096];
    for (ssize_t count; (count = read(ends_[0], bytes, sizeof(bytes))) > 0;) {
      all.append(bytes, static_cast<size_t>(count));
    }
    return all;
  }

 private:
  int ends_[2] = {-1, -1};
};

std::unique_ptr<spdlog::logger> LoggerTo(int descriptor) {
  auto logger =
      std::make_unique<spdlog::logger>("test", std::make_shared<DescriptorSink>(descriptor));
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
  return logger;
}

TEST_CASE("Lines that several threads log at once stay whole", "[log]") {
  constexpr int kThreads = 8;
  constexpr int kLines = 200;
  Pipe pipe;
  const auto logger = LoggerTo(pipe.writer());
  std::multiset<std::string> want;
  const auto line = [](int thread, int i) {  // Of various lengths, up to 3 KiB.
    return std::to_string(thread) + " " + std::to_string(i) + " " +
           std::string(static_cast<size_t>((thread * 37 + i * 101) % 3000),
                       static_cast<char>('a' + thread));
  };
  std::vector<std::thread> writers;
  for (int thread = 0; thread < kThreads; ++thread) {
    for (int i = 0; i < kLines; ++i) want.insert(line(thread, i));
    writers.emplace_back([&, thread] {
      for (int i = 0; i < kLines; ++i) logger->info(line(thread, i));
    });
  }
  std::thread closing([&] {
    for (std::thread& writer : writers) writer.join();
    pipe.CloseWriter();
  });
  std::istringstream written(pipe.ReadAll());
  closing.join();
  std::multiset<std::string> got;
  for (std::string each; std::getline(written, each);) got.insert(each);
  CHECK((got == want));  // In brackets, since the lines would fill screens.
}

TEST_CASE("A line that is larger than what a pipe takes at once comes whole", "[log]") {
  Pipe pipe;
  const auto logger = LoggerTo(pipe.writer());
  const std::string large(1'000'000, 'x');
  std::thread writer([&] {
    logger->info(large);
    pipe.CloseWriter();
  });
  const std::string written = pipe.ReadAll();
  writer.join();
  CHECK((written == large + "\n"));
}

TEST_CASE("A log that cannot be written holds nobody up", "[log]") {
  const int full = open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  LoggerTo(full)->info("lost");
  close(full);
}

}  // namespace
}  // namespace portico::log

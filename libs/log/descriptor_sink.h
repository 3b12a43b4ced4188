#pragma once

#include <spdlog/sinks/sink.h>

#include <memory>
#include <string>

namespace portico::log {

// Writes each line by one write(2), so that lines of several threads, and of several
// processes with one log, stay whole (POSIX promises it for pipes up to 4 KiB, and
// Linux for files opened to append) and no thread waits while another formats.
class DescriptorSink final : public spdlog::sinks::sink {
 public:
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}

  void log(const spdlog::details::log_msg& entry) override;
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override;

 private:
  const int descriptor_;
  std::unique_ptr<spdlog::formatter> formatter_;  // Keeps no state between lines.
};

}  // namespace portico::log

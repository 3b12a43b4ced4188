#include "libs/log/descriptor_sink.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace portico::log {

void DescriptorSink::log(const spdlog::details::log_msg& entry) {
  spdlog::memory_buf_t line;
  formatter_->format(entry, line);
  size_t written = 0;
  while (written < line.size()) {
    const ssize_t count = write(descriptor_, line.data() + written, line.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // There is nowhere to tell it.
    written += static_cast<size_t>(count);
  }
}

void DescriptorSink::set_formatter(std::unique_ptr<spdlog::formatter> formatter) {
  formatter_ = std::move(formatter);
}

}  // namespace portico::log

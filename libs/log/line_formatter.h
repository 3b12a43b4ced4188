#pragma once

#include <spdlog/formatter.h>

#include <memory>
#include <span>
#include <string>

#include "libs/log/log.h"

namespace portico::log {

// Writes the lines of both formats, for entries of ours and of spdlog's own callers.
class LineFormatter final : public spdlog::formatter {
 public:
  LineFormatter(std::string service, bool json);

  void format(const spdlog::details::log_msg& entry, spdlog::memory_buf_t& line) override;
  std::unique_ptr<spdlog::formatter> clone() const override;

 private:
  const std::string service_;
  const bool json_;
};

// spdlog's entries have no place for fields. Its logger formats in the caller's
// thread, so they are handed over there, for as long as this lives.
class FieldsOfThread {
 public:
  explicit FieldsOfThread(std::span<const Field> fields);
  ~FieldsOfThread();
};

}  // namespace portico::log

#include "libs/storage/outage.h"

#include <spdlog/spdlog.h>

namespace portico::storage {

void Outage::Note(const absl::Status& status) {
  if (absl::IsUnavailable(status)) {
    if (!lasts_.exchange(true)) {
      spdlog::error("database: {} fail: {}", what_, std::string(status.message()));
    }
  } else if (status.ok() && lasts_.load(std::memory_order_relaxed) && lasts_.exchange(false)) {
    spdlog::info("database: {} work again", what_);
  }
}

}  // namespace portico::storage

#pragma once

#include <string_view>

namespace portico::events {

// A log travels over NATS in parts, which several processes can follow at the same time. All
// events of a partition (an account) are in one part, so they stay in order.
inline constexpr int kParts = 8;

// Never changes: consumers keep their places by part.
int PartOf(std::string_view partition);

}  // namespace portico::events

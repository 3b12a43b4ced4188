#include "libs/events/part.h"

#include <cstdint>

namespace portico::events {

// FNV-1a, 32 bits.
int PartOf(std::string_view partition) {
  uint32_t hash = 2166136261;
  for (const char c : partition) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619;
  return static_cast<int>(hash % kParts);
}

}  // namespace portico::events

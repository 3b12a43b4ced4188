#pragma once

#include <absl/strings/numbers.h>
#include <google/protobuf/util/time_util.h>

#include <cstdint>
#include <string>

#include "libs/base/clock.h"
#include "libs/base/id.h"

namespace portico::account {

// An etag is the number of the version, so that no two versions share one even
// where the clock stands still.
inline std::string EtagAfter(const std::string& etag) {
  int64_t version = 0;
  (void)absl::SimpleAtoi(etag, &version);  // An empty etag is that of version 0.
  return std::to_string(version + 1);
}

// Gives a changed resource its new update_time and etag.
template <class M>
void StampChange(M& resource, absl::Time now) {
  *resource.mutable_update_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(ToMicros(now));
  resource.set_etag(EtagAfter(resource.etag()));
}

// Gives a new resource its id, times and etag.
template <class M>
void StampNew(M& resource, IdKind kind, absl::Time now) {
  resource.set_id(NewId(kind, now));
  resource.clear_etag();
  StampChange(resource, now);
  *resource.mutable_create_time() = resource.update_time();
}

}  // namespace portico::account

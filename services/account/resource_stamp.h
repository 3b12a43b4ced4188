#pragma once

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "libs/base/clock.h"
#include "libs/rpc/update.h"

namespace portico::account {

// Gives a changed resource its new update_time and etag. The time rises with each change, also
// when the clock is set back: others tell by it which of two versions is the later one.
template <class M>
void StampChange(M& resource, absl::Time now) {
  using google::protobuf::util::TimeUtil;
  const int64_t before = TimeUtil::TimestampToMicroseconds(resource.update_time());
  *resource.mutable_update_time() =
      TimeUtil::MicrosecondsToTimestamp(std::max(ToMicros(now), before + 1));
  resource.set_etag(rpc::NextEtag(resource.etag()));
}

// Gives a new resource its id, times and etag.
template <class M>
void StampNew(M& resource, const std::string& id, absl::Time now) {
  resource.set_id(id);
  resource.clear_etag();
  resource.clear_update_time();
  StampChange(resource, now);
  *resource.mutable_create_time() = resource.update_time();
}

}  // namespace portico::account

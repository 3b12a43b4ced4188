#pragma once

#include <google/protobuf/util/time_util.h>

#include <cstdint>
#include <string>

#include "libs/base/clock.h"
#include "libs/base/id.h"
#include "libs/rpc/update.h"

namespace portico::account {

// Gives a changed resource its new update_time and etag.
template <class M>
void StampChange(M& resource, absl::Time now) {
  *resource.mutable_update_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(ToMicros(now));
  resource.set_etag(rpc::NextEtag(resource.etag()));
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

#pragma once

#include "portico/invitation/v1/template.pb.h"

namespace portico::invitation {

// The id of the template that is there from the start, under which staff may
// change it. Used where neither the caller nor the portal options name another.
inline constexpr char kDefaultTemplateId[] = "tpl_000000000000000000000001";

// Its first version, without times.
portico::invitation::v1::Template DefaultTemplate();

}  // namespace portico::invitation

#pragma once

#include <absl/status/status.h>

#include "portico/account/v1/portal_options.pb.h"
#include "portico/account/v1/setup.pb.h"

namespace portico::account {

// New ones'.
void SetDefaults(v1::Division& division);
void SetDefaults(v1::AccountClass& account_class);
void SetDefaults(v1::BillGroup& bill_group);
void SetDefaults(v1::AccountSource& account_source);
void SetDefaults(v1::SiteSource& site_source);

// All set what is unset to what that stands for, and check what the field rules in the protos
// cannot state. INVALID_ARGUMENT names every field that is wrong.
absl::Status Complete(v1::Division& division);
absl::Status Complete(v1::AccountClass& account_class);
absl::Status Complete(v1::BillGroup& bill_group);
absl::Status Complete(v1::AccountSource& account_source);
absl::Status Complete(v1::SiteSource& site_source);
absl::Status Complete(v1::PortalOptions& options);

}  // namespace portico::account

#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "portico/account/v1/invoice.pb.h"

namespace portico::account {

// Checks what the field rules in the protos cannot state. INVALID_ARGUMENT names every field that
// is wrong.
absl::Status Complete(v1::Invoice& invoice);

// INVALID_ARGUMENT: it is issued more than a year from now, which is a slip of the pen.
absl::Status CheckIssueDate(const v1::Invoice& invoice, absl::Time now);

// When an invoice counts as recent. Nobody has one that is not issued; a day before that it may be
// so where the company is.
struct RecentTime {
  absl::Time from, until;

  bool Has(absl::Time time) const { return from <= time && time < until; }
};

// Until the end of the day, UTC, that is `days` after its issue. Never for one without a date.
RecentTime RecentTimeOf(const v1::Invoice& invoice, int32_t days);

// Both answer whether somebody knows what is printed on an invoice; an empty text is never known.
// People copy a code without its blanks, or in capitals. The time depends on the lengths only.
bool IsSameCode(std::string_view given, std::string_view code);
bool IsSameNumber(std::string_view given, std::string_view number);

}  // namespace portico::account

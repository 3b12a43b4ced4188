#include "services/account/invoice_rules.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/time/civil_time.h>

#include "libs/base/secret.h"
#include "libs/base/sha256.h"
#include "libs/rpc/errors.h"
#include "services/account/account_rules.h"

namespace portico::account {
namespace {

// Letters and digits alone.
std::string Bare(std::string_view code) {
  std::string bare;
  for (const unsigned char c : code) {
    if (c >= 0x80 || absl::ascii_isalnum(c)) bare += absl::ascii_toupper(c);
  }
  return bare;
}

// Digests, so that nothing tells how much of a guess is right, nor how long it should be.
bool IsSame(std::string_view given, std::string_view wanted) {
  return EqualInConstantTime(Sha256(given), Sha256(wanted)) & !wanted.empty();
}

}  // namespace

absl::Status Complete(v1::Invoice& invoice) {
  rpc::FieldErrors errors;
  CheckMoney("invoice.amount", invoice.amount(), errors);
  CheckMoney("invoice.balance", invoice.balance(), errors);
  return errors.ToStatus();
}

absl::Status CheckIssueDate(const v1::Invoice& invoice, absl::Time now) {
  const absl::CivilDay today = absl::ToCivilDay(now, absl::UTCTimeZone());
  const absl::CivilDay last(today.year() + 1, today.month(), today.day());
  absl::CivilDay issued;
  if (!absl::ParseCivilTime(invoice.issue_date(), &issued) || issued <= last) {
    return absl::OkStatus();
  }
  return rpc::InvalidField("invoice.issue_date",
                           absl::StrCat("got ", rpc::Quoted(invoice.issue_date()),
                                        ", want a day up to ", absl::FormatCivilTime(last)));
}

RecentTime RecentTimeOf(const v1::Invoice& invoice, int32_t days) {
  absl::CivilDay issued;
  if (!absl::ParseCivilTime(invoice.issue_date(), &issued)) {
    return {.from = absl::InfiniteFuture(), .until = absl::InfinitePast()};
  }
  return {.from = absl::FromCivil(issued - 1, absl::UTCTimeZone()),
          .until = absl::FromCivil(issued + days + 1, absl::UTCTimeZone())};
}

bool IsSameCode(std::string_view given, std::string_view code) {
  return IsSame(Bare(given), Bare(code));
}

bool IsSameNumber(std::string_view given, std::string_view number) {
  const auto folded = [](std::string_view text) {
    return absl::AsciiStrToUpper(absl::StripAsciiWhitespace({text.data(), text.size()}));
  };
  return IsSame(folded(given), folded(number));
}

}  // namespace portico::account

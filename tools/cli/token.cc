#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <absl/time/time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "libs/auth/jwt_signer.h"
#include "libs/auth/permissions.h"
#include "libs/auth/private_key.h"
#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/settings/groups.h"
#include "tools/cli/command.h"

namespace portico::cli {
namespace {

struct Flags {
  std::string permissions = "all";
  std::string subject = "staff";
  std::string ttl = "12h";
  std::string keys = "var/keys";
  settings::StaffTokenSettings claims;
};

std::vector<std::string> Permissions(const std::string& list) {
  if (list == "all") return auth::StaffPermissions();
  return absl::StrSplit(list, ',');
}

// Both answer what is wrong with a flag's value, or "".
std::string WrongPermissions(const std::string& list) {
  const std::vector<std::string>& known = auth::StaffPermissions();
  for (const std::string& permission : Permissions(list)) {
    if (std::find(known.begin(), known.end(), permission) == known.end()) {
      return absl::StrCat("got \"", permission, "\", want all or some of ",
                          absl::StrJoin(known, ","));
    }
  }
  return "";
}

std::string WrongTtl(const std::string& value) {
  absl::Duration ttl;
  if (absl::ParseDuration(value, &ttl) && ttl > absl::ZeroDuration()) return "";
  return absl::StrCat("got \"", value, "\", want a duration such as 12h");
}

absl::Status PrintToken(const Flags& flags) {
  ASSIGN_OR_RETURN(const auth::PrivateKey key,
                   auth::PrivateKey::FromFile(flags.keys + "/staff.pem"));
  absl::Duration ttl;
  absl::ParseDuration(flags.ttl, &ttl);
  const absl::Time now = SystemClock().Now();
  std::cout << auth::SignJwt(key, {.issuer = flags.claims.issuer,
                                   .subject = flags.subject,
                                   .audience = flags.claims.audience,
                                   .permissions = Permissions(flags.permissions),
                                   .issued = now,
                                   .expires = now + ttl})
            << '\n';
  return absl::OkStatus();
}

}  // namespace

void DeclareToken(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("token", "Prints a new staff token.");
  command->add_option("--permissions", flags->permissions,
                      "What it allows: all, or names separated by commas.")
      ->check(WrongPermissions)
      ->capture_default_str();
  command->add_option("--subject", flags->subject, "Whose token it is.")->capture_default_str();
  command->add_option("--ttl", flags->ttl, "How long it is good for.")
      ->check(WrongTtl)
      ->capture_default_str();
  command->add_option("--keys", flags->keys, "The folder with staff.pem.")->capture_default_str();
  command->add_option("--issuer", flags->claims.issuer, "Its issuer.")
      ->envname("PORTICO_JWT_ISSUER")
      ->capture_default_str();
  command->add_option("--audience", flags->claims.audience, "Its audience.")
      ->envname("PORTICO_JWT_AUDIENCE")
      ->capture_default_str();
  command->callback([flags, &chosen] { chosen = [flags] { return PrintToken(*flags); }; });
}

}  // namespace portico::cli

#include "services/account/site_renumbering.h"

#include <absl/strings/str_cat.h>

#include <set>
#include <tuple>

#include "libs/base/status_macros.h"
#include "libs/storage/id_list.h"
#include "libs/storage/row_set.h"

namespace portico::account {
namespace {

constexpr size_t kLongestNumber = 40;  // Characters, as the proto says.
constexpr int kTried = 8;              // Numbers for a site, in one turn to the database.

absl::StatusOr<std::set<std::string>> NumbersTaken(storage::Session& session,
                                                   const std::vector<std::string>& account_ids,
                                                   const std::vector<std::string>& numbers) {
  std::set<std::string> taken;
  if (numbers.empty()) return taken;
  using Row = std::tuple<std::string>;
  ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      session.Select<std::string>(absl::StrCat("select number from site where ",
                                               session.IsAmong("account_id", ":account_ids"),
                                               " and ", session.IsAmong("number", ":numbers")),
                                  storage::ListOf(account_ids), storage::ListOf(numbers)));
  for (const auto& [number] : rows) taken.insert(number);
  return taken;
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string OtherNumber(const std::string& number, int which) {
  const std::string suffix = absl::StrCat("-", which);
  size_t end = 0;
  for (size_t characters = 0; end < number.size() && characters + suffix.size() < kLongestNumber;
       ++characters) {
    ++end;
    while (end < number.size() && IsContinuation(number[end])) ++end;
  }
  return number.substr(0, end) + suffix;
}

absl::Status MoveSites(storage::Session& session, std::vector<v1::Site>& sites,
                       const std::string& winner_id) {
  storage::RowSet aliases("site_alias", {"account_id", "number", "site_id"});
  std::vector<std::string> numbers;
  for (const v1::Site& site : sites) {
    aliases.Add(site.account_id(), site.number(), site.id());
    numbers.push_back(site.number());
  }
  RETURN_IF_ERROR(session.InsertRows(aliases));

  // Where a number is free at the winner, but another site of the loser comes with it, that one
  // keeps it.
  const std::vector<std::string> both = {winner_id, sites.front().account_id()};
  ASSIGN_OR_RETURN(std::set<std::string> taken, NumbersTaken(session, {winner_id}, numbers));
  std::vector<v1::Site*> left;
  for (v1::Site& site : sites) {
    site.set_account_id(winner_id);
    if (taken.contains(site.number())) left.push_back(&site);
  }
  std::set<std::string> given;
  for (int first = 2; !left.empty(); first += kTried) {
    std::vector<std::string> candidates;
    for (const v1::Site* site : left) {
      for (int i = 0; i < kTried; ++i) candidates.push_back(OtherNumber(site->number(), first + i));
    }
    ASSIGN_OR_RETURN(taken, NumbersTaken(session, both, candidates));
    std::vector<v1::Site*> still_left;
    for (v1::Site* site : left) {
      std::string free;
      for (int i = 0; i < kTried && free.empty(); ++i) {
        const std::string candidate = OtherNumber(site->number(), first + i);
        if (!taken.contains(candidate) && !given.contains(candidate)) free = candidate;
      }
      if (free.empty()) {
        still_left.push_back(site);
      } else {
        given.insert(free);
        site->set_number(free);
      }
    }
    left = std::move(still_left);
  }
  return absl::OkStatus();
}

}  // namespace portico::account

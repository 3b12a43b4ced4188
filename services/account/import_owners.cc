#include "services/account/import_owners.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <tuple>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/storage/id_list.h"

namespace portico::account {

absl::Status ImportOwners::Read(storage::Session& session, std::span<const AccountName> names) {
  const auto all = [&](std::string AccountName::*part) {
    std::vector<std::string> values;
    for (const AccountName& name : names) values.push_back(name.*part);
    return values;
  };
  RETURN_IF_ERROR(ReadBy(session, "id", all(&AccountName::id), by_id_));
  RETURN_IF_ERROR(ReadBy(session, "number", all(&AccountName::number), by_number_));
  return ReadBy(session, "external_id", all(&AccountName::external_id), by_external_id_);
}

absl::Status ImportOwners::ReadBy(storage::Session& session, std::string_view column,
                                  std::vector<std::string> values, Owners& owners) {
  std::ranges::sort(values);
  const auto repeated = std::ranges::unique(values);
  values.erase(repeated.begin(), repeated.end());
  std::erase(values, "");
  if (values.empty()) return absl::OkStatus();
  const std::string name(column);
  using Row = std::tuple<std::string, std::string, std::string>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, std::string, std::string>(
                       absl::StrCat("select ", name, ", id, merged_into_id from account where ",
                                    session.IsAmong(column, ":values"), " and ", name, " <> ''"),
                       storage::ListOf(values))));
  for (const auto& [value, id, merged_into_id] : rows) {
    owners[value] = {.named_id = id, .id = merged_into_id.empty() ? id : merged_into_id};
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<ImportOwners::Owner>> ImportOwners::Find(
    const AccountName& name, std::string_view resource) const {
  const struct {
    std::string field;
    const std::string& value;
    const Owners& owners;
    const char* want;
  } parts[] = {
      {absl::StrCat(std::string(resource), ".account_id"), name.id, by_id_, "id"},
      {"account_number", name.number, by_number_, "number"},
      {"account_external_id", name.external_id, by_external_id_, "external id"},
  };
  std::optional<Owner> owner;
  for (const auto& [field, value, owners, want] : parts) {
    if (value.empty()) continue;
    const auto found = owners.find(value);
    if (found == owners.end()) {
      return rpc::InvalidField(field, absl::StrCat("got ", rpc::Quoted(value), ", want the ", want,
                                                   " of an existing account"));
    }
    if (owner.has_value() && owner->id != found->second.id) {
      return rpc::InvalidField(field, absl::StrCat("got ", rpc::Quoted(value), ", want the ", want,
                                                   " of the account ", rpc::Quoted(owner->id)));
    }
    owner = found->second;
  }
  return owner;
}

}  // namespace portico::account

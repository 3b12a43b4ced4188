#include "services/account/constraints.h"

#include <absl/strings/str_cat.h>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"

namespace portico::account {
namespace {

using google::protobuf::Message;

std::string Text(const Message& message, const std::string& field) {
  return message.GetReflection()->GetString(message,
                                            message.GetDescriptor()->FindFieldByName(field));
}

}  // namespace

absl::Status Constraints::Check(storage::Session& session, const Message& before,
                                const Message& after) const {
  RETURN_IF_ERROR(CheckUnique(session, before, after));
  return CheckReferences(session, before, after);
}

std::string Constraints::WantUntaken(const std::string& value) const {
  return absl::StrCat("got ", rpc::Quoted(value), ", want a value that no other ", table, " has");
}

std::string Constraints::WantActive(const std::string& id, const std::string& referred) {
  return absl::StrCat("got ", rpc::Quoted(id), ", want an existing ", referred, " that is active");
}

absl::Status Constraints::CheckUnique(storage::Session& session, const Message& before,
                                      const Message& after) const {
  for (const auto& [field, scope] : unique) {
    const std::string value = Text(after, field);
    if (value.empty() || value == Text(before, field)) continue;
    // Worded as the unique indexes are, so that these serve it.
    std::string sql =
        absl::StrCat("select id from ", table, " where ", field, " <> '' and ", field, " = :value");
    std::string within;
    std::vector<storage::Value> arguments = {storage::ToValue(value)};
    if (!scope.empty()) {
      absl::StrAppend(&sql, " and ", scope, " = :scope");
      within = Text(after, scope);
      arguments.push_back(storage::ToValue(within));
    }
    bool taken = false;
    constexpr storage::ValueKind kColumns[] = {storage::ValueKind::kText};
    RETURN_IF_ERROR(session.SelectCells(sql, arguments, kColumns, [&](auto) {
      taken = true;
      return absl::OkStatus();
    }));
    if (taken) {
      const std::string path = absl::StrCat(table, ".", field);
      return rpc::ErrorWithReason(absl::StatusCode::kAlreadyExists, "VALUE_TAKEN",
                                  absl::StrCat(path, ": ", WantUntaken(value)), {{"field", path}});
    }
  }
  return absl::OkStatus();
}

absl::Status Constraints::CheckReferences(storage::Session& session, const Message& before,
                                          const Message& after) const {
  rpc::FieldErrors errors;
  for (const auto& [field, referred] : references) {
    const std::string id = Text(after, field);
    if (id.empty() || id == Text(before, field)) continue;
    ASSIGN_OR_RETURN(const auto row,
                     session.SelectOne<bool>(
                         absl::StrCat("select active from ", referred, " where id = :id"), id));
    if (!row.has_value() || !std::get<bool>(*row)) {
      errors.Add(absl::StrCat(table, ".", field), WantActive(id, referred));
    }
  }
  return errors.ToStatus();
}

}  // namespace portico::account

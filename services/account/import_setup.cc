#include "services/account/import_setup.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/descriptor.h>

#include <tuple>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/storage/id_list.h"

namespace portico::account {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const std::string& Text(const Message& message, const std::string& field, std::string& scratch) {
  return message.GetReflection()->GetStringReference(
      message, message.GetDescriptor()->FindFieldByName(field), &scratch);
}

std::string Text(const Message& message, const std::string& field) {
  std::string scratch;
  return Text(message, field, scratch);
}

}  // namespace

const std::string* ImportSetup::TableOf(const std::string& field) const {
  for (const auto& reference : constraints_.references) {
    if (reference.field == field) return &reference.table;
  }
  return nullptr;
}

absl::Status ImportSetup::Read(storage::Session& session, std::span<const Message* const> rows,
                               const FieldDescriptor& resource) {
  std::map<std::string, std::set<std::string>> names, ids;
  for (const Message* row : rows) {
    const Message& held = row->GetReflection()->GetMessage(*row, &resource);
    for (const auto& [field, table] : constraints_.references) {
      ids[table].insert(Text(held, field));
    }
    for (const auto& [row_field, field] : names_) {
      names[*TableOf(field)].insert(Text(*row, row_field));
    }
  }
  for (const auto& [field, table] : constraints_.references) {
    RETURN_IF_ERROR(ReadTable(session, table, "id", ids[table], tables_[table]));
    RETURN_IF_ERROR(ReadTable(session, table, "display_name", names[table], tables_[table]));
  }
  return absl::OkStatus();
}

absl::Status ImportSetup::ReadTable(storage::Session& session, const std::string& table,
                                    std::string_view column, const std::set<std::string>& values,
                                    Known& known) {
  std::vector<std::string> wanted(values.begin(), values.end());
  std::erase(wanted, "");
  if (wanted.empty()) return absl::OkStatus();
  using Row = std::tuple<std::string, std::string, bool>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, std::string, bool>(
                       absl::StrCat("select id, display_name, active from ", table, " where ",
                                    session.IsAmong(column, ":values")),
                       storage::ListOf(wanted))));
  for (const auto& [id, name, active] : rows) {
    known.id_by_name[name] = id;
    known.is_active[id] = active;
  }
  return absl::OkStatus();
}

absl::Status ImportSetup::Resolve(const Message& row, Message& resource) const {
  rpc::FieldErrors errors;
  for (const auto& [row_field, field] : names_) {
    const std::string name = Text(row, row_field);
    if (name.empty()) continue;
    const std::string& table = *TableOf(field);
    const Known& known = tables_.at(table);
    const auto found = known.id_by_name.find(name);
    const std::string given = Text(resource, field);
    if (found == known.id_by_name.end()) {
      errors.Add(row_field, absl::StrCat("got ", rpc::Quoted(name), ", want the name of an existing ",
                                         table));
    } else if (!given.empty() && given != found->second) {
      errors.Add(row_field, absl::StrCat("got ", rpc::Quoted(name), ", want the name of ",
                                         rpc::Quoted(given), " or none"));
    } else {
      resource.GetReflection()->SetString(
          &resource, resource.GetDescriptor()->FindFieldByName(field), found->second);
    }
  }
  return errors.ToStatus();
}

absl::Status ImportSetup::Check(const Message& before, const Message& after) const {
  rpc::FieldErrors errors;
  for (const auto& [field, table] : constraints_.references) {
    const std::string id = Text(after, field);
    if (id.empty() || id == Text(before, field)) continue;
    const Known& known = tables_.at(table);
    const auto found = known.is_active.find(id);
    if (found == known.is_active.end() || !found->second) {
      errors.Add(absl::StrCat(constraints_.table, ".", field),
                 Constraints::WantActive(id, table));
    }
  }
  return errors.ToStatus();
}

}  // namespace portico::account

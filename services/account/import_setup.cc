#include "services/account/import_setup.h"

#include <absl/strings/str_cat.h>

#include <tuple>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/storage/id_list.h"

namespace portico::account {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string Text(const Message& message, const FieldDescriptor* field) {
  return field == nullptr ? "" : message.GetReflection()->GetString(message, field);
}

}  // namespace

ImportSetup::ImportSetup(const Constraints& constraints, const std::vector<NamedReference>& names,
                         const FieldDescriptor& resource)
    : constraints_(constraints), resource_(resource) {
  for (const auto& [field, table] : constraints.references) {
    Reference reference{.field = resource.message_type()->FindFieldByName(field),
                        .row_field = nullptr,
                        .table = table};
    for (const NamedReference& name : names) {
      if (name.field != field) continue;
      reference.row_field = resource.containing_type()->FindFieldByName(name.row_field);
    }
    references_.push_back(std::move(reference));
  }
}

absl::Status ImportSetup::Read(storage::Session& session, std::span<const Message* const> rows) {
  for (Reference& reference : references_) {
    std::set<std::string> names, ids;
    for (const Message* row : rows) {
      names.insert(Text(*row, reference.row_field));
      ids.insert(Text(row->GetReflection()->GetMessage(*row, &resource_), reference.field));
    }
    RETURN_IF_ERROR(Read(session, "id", ids, reference));
    RETURN_IF_ERROR(Read(session, "display_name", names, reference));
  }
  return absl::OkStatus();
}

absl::Status ImportSetup::Read(storage::Session& session, std::string_view column,
                               const std::set<std::string>& values, Reference& reference) {
  std::vector<std::string> wanted(values.begin(), values.end());
  std::erase(wanted, "");
  if (wanted.empty()) return absl::OkStatus();
  using Row = std::tuple<std::string, std::string, bool>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, std::string, bool>(
                       absl::StrCat("select id, display_name, active from ", reference.table,
                                    " where ", session.IsAmong(column, ":values")),
                       storage::ListOf(wanted))));
  for (const auto& [id, name, active] : rows) {
    reference.id_by_name[name] = id;
    reference.is_active[id] = active;
  }
  return absl::OkStatus();
}

absl::Status ImportSetup::Resolve(const Message& row, Message& resource) const {
  rpc::FieldErrors errors;
  for (const Reference& reference : references_) {
    const std::string name = Text(row, reference.row_field);
    if (name.empty()) continue;
    const auto found = reference.id_by_name.find(name);
    const std::string given = Text(resource, reference.field);
    if (found == reference.id_by_name.end()) {
      errors.Add(reference.row_field->name(),
                 absl::StrCat("got ", rpc::Quoted(name), ", want the name of an existing ",
                              reference.table));
    } else if (!given.empty() && given != found->second) {
      errors.Add(reference.row_field->name(),
                 absl::StrCat("got ", rpc::Quoted(name), ", want the name of ", rpc::Quoted(given),
                              " or none"));
    } else {
      resource.GetReflection()->SetString(&resource, reference.field, found->second);
    }
  }
  return errors.ToStatus();
}

absl::Status ImportSetup::Check(const Message& before, const Message& after) const {
  rpc::FieldErrors errors;
  for (const Reference& reference : references_) {
    const std::string id = Text(after, reference.field);
    if (id.empty() || id == Text(before, reference.field)) continue;
    const auto found = reference.is_active.find(id);
    if (found == reference.is_active.end() || !found->second) {
      errors.Add(absl::StrCat(constraints_.table, ".", reference.field->name()),
                 Constraints::WantActive(id, reference.table));
    }
  }
  return errors.ToStatus();
}

}  // namespace portico::account

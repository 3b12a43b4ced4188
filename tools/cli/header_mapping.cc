#include "tools/cli/header_mapping.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <map>
#include <set>

#include "libs/base/status_macros.h"
#include "tools/cli/rejects_file.h"
#include "tools/cli/text_pieces.h"

namespace portico::cli {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

namespace {

const std::set<std::string>& Identifying() {
  static const auto& names = *new std::set<std::string>{"account_id", "external_id", "number"};
  return names;
}

// What is the same in "E-Mail", "e-mail" and "E mail" is for --mapping; this only levels out
// "First Name", "first_name" and "firstName".
std::string Levelled(std::string_view name) {
  std::string levelled;
  for (const char c : name) {
    if (c != ' ' && c != '_') levelled.push_back(absl::ascii_tolower(c));
  }
  return levelled;
}

// Every field by the names that a header can have for it.
std::map<std::string, FieldPath> FieldsByName(const Descriptor& row,
                                              const FieldDescriptor& resource) {
  const std::string prefix = absl::StrCat(resource.name(), ".");
  const std::vector<FieldPath> paths = FieldPathsOf(row);
  std::map<std::string, FieldPath> by_name;
  for (const FieldPath& path : paths) by_name.emplace(Levelled(path.name), path);
  // The row's own names go first.
  for (const FieldPath& path : paths) {
    if (!path.name.starts_with(prefix)) continue;
    by_name.emplace(Levelled(std::string_view(path.name).substr(prefix.size())), path);
  }
  return by_name;
}

// For people: without the resource's name, and only the first item of each list.
std::string WhatThereIs(const Descriptor& row, const FieldDescriptor& resource) {
  const std::string prefix = absl::StrCat(resource.name(), ".");
  std::vector<std::string> names;
  for (const FieldPath& path : FieldPathsOf(row)) {
    const bool is_further_item =
        std::ranges::any_of(path.steps, [](const FieldPath::Step& step) { return step.index > 0; });
    if (is_further_item) continue;
    std::string_view name = path.name;
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    names.emplace_back(name);
  }
  return absl::StrJoin(names, ", ");
}

// Of the field within the resource, as a mask names it: a list by its own name, not by an item's.
std::string PathWithin(const FieldPath& column) {
  std::string path;
  for (size_t i = 1; i < column.steps.size(); ++i) {
    const FieldDescriptor& field = *column.steps[i].field;
    absl::StrAppend(&path, path.empty() ? "" : ".", field.name());
    if (field.is_repeated()) break;
  }
  return path;
}

}  // namespace

absl::StatusOr<HeaderMapping> HeaderMapping::Create(const Descriptor& row,
                                                    const FieldDescriptor& resource,
                                                    const std::vector<std::string>& headers,
                                                    const NamedHeaders& named) {
  const std::map<std::string, FieldPath> fields = FieldsByName(row, resource);
  HeaderMapping mapping;
  mapping.resource_ = &resource;
  NamedHeaders unused = named;
  std::map<std::string, std::string> header_of;
  std::vector<std::string> unknown;
  for (const std::string& untrimmed : headers) {
    const std::string header(Trimmed(untrimmed));
    const auto given = named.find(header);
    unused.erase(header);
    const std::string& name = given == named.end() ? header : given->second;
    if (given == named.end() ? IsRejectsColumn(header) : name.empty()) {
      mapping.columns_.push_back(std::nullopt);
      continue;
    }
    const auto field = fields.find(Levelled(name));
    if (field == fields.end()) {
      unknown.push_back(name == header ? rpc::Quoted(header)
                                       : absl::StrCat(rpc::Quoted(header), " (", name, ")"));
      continue;
    }
    const auto [other, is_first] = header_of.emplace(field->second.name, header);
    if (!is_first) {
      return rpc::InvalidField(
          "header", absl::StrCat("got ", rpc::Quoted(other->second), " and ", rpc::Quoted(header),
                                 " for ", field->second.name, ", want one column for it"));
    }
    mapping.columns_.push_back(field->second);
  }
  if (!unknown.empty()) {
    return rpc::InvalidField(
        "header",
        absl::StrCat("got ", absl::StrJoin(unknown, ", "),
                     ", want --mapping to say what that is (\"Header=field\", or \"Header=\" to "
                     "leave it out). The fields are ",
                     WhatThereIs(row, resource)));
  }
  if (!unused.empty()) {
    return rpc::InvalidField("mapping", absl::StrCat("got ", rpc::Quoted(unused.begin()->first),
                                                     ", want a header of the file"));
  }
  return mapping;
}

std::optional<rpc::FieldViolation> HeaderMapping::Fill(const std::vector<std::string>& fields,
                                                       google::protobuf::Message& row) const {
  if (fields.size() != columns_.size()) {
    return rpc::FieldViolation{"", absl::StrCat("got ", fields.size(), " fields, want ",
                                                columns_.size(), ", as the header has")};
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    const std::string_view text = Trimmed(fields[i]);
    if (!columns_[i].has_value() || text.empty()) continue;
    if (absl::Status wrong = SetField(*columns_[i], text, row); !wrong.ok()) {
      const auto violations = rpc::ViolationsOf(wrong);
      if (!violations.empty()) return violations.front();
      return rpc::FieldViolation{columns_[i]->name, std::string(wrong.message())};
    }
  }
  for (const auto& column : columns_) {
    if (column.has_value()) DropEmptyItems(*column, row);
  }
  return std::nullopt;
}

std::vector<std::string> HeaderMapping::Columns() const {
  std::set<std::string> paths;
  for (const auto& column : columns_) {
    if (!column.has_value() || column->steps.front().field != resource_) continue;
    const std::string path = PathWithin(*column);
    if (!Identifying().contains(path)) paths.insert(path);
  }
  return {paths.begin(), paths.end()};
}

}  // namespace portico::cli

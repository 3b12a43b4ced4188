#pragma once

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/storage/id_list.h"
#include "portico/account/v1/account.pb.h"
#include "services/account/resource_store.h"

namespace portico::account {

// A number, and where it is unique: within an account for a site's, "" for the others'.
using ScopedNumber = storage::TextPair;

template <class M>
ScopedNumber NumberOf(const M& resource) {
  if constexpr (std::is_same_v<M, v1::Site>) {
    return {resource.account_id(), resource.number()};
  } else {
    return {"", resource.number()};
  }
}

// The resources that a batch of an import is about, as they are with what was decided so far.
// What Read… finds does not replace what is known already.
template <class M>
class KnownResources {
 public:
  // `kind` outlives this.
  explicit KnownResources(const ResourceKind<M>& kind) : kind_(kind) {}

  // By "id" or "external_id".
  absl::Status ReadBy(storage::Session& session, const std::string& field,
                      const std::vector<std::string>& values) {
    if (values.empty()) return absl::OkStatus();
    return Read(session, absl::StrCat(session.IsAmong(field, ":values"), " and ", field, " <> ''"),
                storage::ListOf(values));
  }

  absl::Status ReadByNumber(storage::Session& session, const std::vector<ScopedNumber>& numbers) {
    if (numbers.empty()) return absl::OkStatus();
    if constexpr (std::is_same_v<M, v1::Site>) {
      return Read(session, storage::AreAmong(session, "account_id", "number", ":numbers"),
                  storage::ListOf(numbers));
    } else {
      std::vector<std::string> texts;
      for (const ScopedNumber& number : numbers) texts.push_back(number.second);
      return ReadBy(session, "number", texts);
    }
  }

  // Null where there is none.
  const M* ById(const std::string& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &found->second;
  }
  const M* ByExternalId(const std::string& external_id) const {
    const auto found = id_by_external_id_.find(external_id);
    return found == id_by_external_id_.end() ? nullptr : ById(found->second);
  }
  const M* ByNumber(const ScopedNumber& number) const {
    const auto found = id_by_number_.find(KeyOf(number));
    return found == id_by_number_.end() ? nullptr : ById(found->second);
  }

  // Replaces what is known under its id. The answer stays where it is; its id, external id and
  // number do not change but by another Put.
  M& Put(M resource) {
    const auto before = by_id_.find(resource.id());
    if (before != by_id_.end()) {
      id_by_external_id_.erase(before->second.external_id());
      id_by_number_.erase(KeyOf(NumberOf(before->second)));
    }
    if (!resource.external_id().empty()) {
      id_by_external_id_[resource.external_id()] = resource.id();
    }
    id_by_number_[KeyOf(NumberOf(resource))] = resource.id();
    std::string id = resource.id();
    return by_id_.insert_or_assign(std::move(id), std::move(resource)).first->second;
  }

 private:
  absl::Status Read(storage::Session& session, const std::string& condition,
                    const std::string& argument) {
    ASSIGN_OR_RETURN(std::vector<M> found,
                     kind_.table.List(session, absl::StrCat("where ", condition), argument));
    for (M& resource : found) {
      if (ById(resource.id()) == nullptr) Put(std::move(resource));
    }
    return absl::OkStatus();
  }

  // No field holds a line break.
  static std::string KeyOf(const ScopedNumber& number) {
    return absl::StrCat(number.first, "\n", number.second);
  }

  const ResourceKind<M>& kind_;
  std::unordered_map<std::string, M> by_id_;
  std::unordered_map<std::string, std::string> id_by_external_id_, id_by_number_;
};

}  // namespace portico::account

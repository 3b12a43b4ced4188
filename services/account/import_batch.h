#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/row_patch.h"
#include "libs/rpc/validation.h"
#include "portico/account/v1/import.pb.h"
#include "services/account/held_resource.h"
#include "services/account/import_owners.h"
#include "services/account/import_refusal.h"
#include "services/account/import_setup.h"
#include "services/account/known_resources.h"
#include "services/account/merge_moves.h"
#include "services/account/merged_accounts.h"
#include "services/account/resource_store.h"

namespace portico::account {

// Whether rows name the account that their resources belong to.
template <class Row>
concept HasOwner = requires(const Row& row) {
  row.account_external_id();
};

// What one stream imports, and how.
template <class M, class Row>
struct ImportPlan {
  ResourceStore<M>& store;
  const Clock& clock;
  std::vector<NamedReference> names = {};
  rpc::FieldList always = {};  // Taken from every row, also where it leaves them unset.
  bool validate_only = false;
};

// The rules of a row by itself, and of one whose resource has all that it needs.
template <class Row, rpc::Validator::Completeness completeness>
const rpc::Validator& RulesOf() {
  static const auto& rules = *new rpc::Validator(*Row::descriptor(), completeness);
  return rules;
}

// What became of the rows.
struct ImportOutcome {
  int64_t created = 0, updated = 0, unchanged = 0;
  std::vector<v1::ImportRefusal> refusals;
};

// The rows of one message, in one transaction. What they refer to is read for all of them at
// once; they are then decided upon one after the other, each as if those before it were written
// already, and written together. Two rows about one resource are one too many.
template <class M, class Row>
class ImportBatch {
 public:
  explicit ImportBatch(const ImportPlan<M, Row>& plan)
      : plan_(plan),
        kind_(plan.store.kind()),
        setup_(kind_.constraints, plan.names, FieldOf(*M::descriptor(), Row::default_instance())),
        known_(kind_) {}

  // `rows` keep their own rules but for those with a refusal.
  struct CheckedRow {
    Row row;
    absl::Status refusal;
  };

  // Within a write; within a read when nothing is to be kept.
  absl::StatusOr<ImportOutcome> Run(storage::Session& session,
                                    const std::vector<CheckedRow>& rows) {
    for (const CheckedRow& checked : rows) {
      Entry entry{.row = checked.row, .wanted = HeldIn<M>(checked.row), .refusal = checked.refusal};
      entry.wanted.clear_etag();
      entries_.push_back(std::move(entry));
    }
    RETURN_IF_ERROR(ReadReferences(session));
    RETURN_IF_ERROR(ReadKnown(session));
    if constexpr (HasOwner<Row>) RETURN_IF_ERROR(CheckMoves(session));
    for (Entry& entry : entries_) Take(entry);
    if (!plan_.validate_only) RETURN_IF_ERROR(Write(session));
    return std::move(outcome_);
  }

 private:
  struct Entry {
    const Row& row;
    M wanted;
    absl::Status refusal;
    std::optional<ImportOwners::Owner> owner = std::nullopt;
  };

  static AccountName OwnerNameOf(const Entry& entry) {
    return {.id = entry.wanted.account_id(),
            .number = entry.row.account_number(),
            .external_id = entry.row.account_external_id()};
  }

  // Finds what the rows refer to, and puts its ids into the resources.
  absl::Status ReadReferences(storage::Session& session) {
    std::vector<const google::protobuf::Message*> rows;
    std::vector<AccountName> owners;
    for (const Entry& entry : entries_) {
      if (!entry.refusal.ok()) continue;
      rows.push_back(&entry.row);
      if constexpr (HasOwner<Row>) owners.push_back(OwnerNameOf(entry));
    }
    RETURN_IF_ERROR(setup_.Read(session, rows));
    RETURN_IF_ERROR(owners_.Read(session, owners));
    for (Entry& entry : entries_) {
      if (!entry.refusal.ok()) continue;
      entry.refusal = setup_.Resolve(entry.row, entry.wanted);
      if constexpr (HasOwner<Row>) {
        auto owner = owners_.Find(OwnerNameOf(entry), kind_.constraints.table);
        if (!owner.ok()) {
          entry.refusal = owner.status();
        } else if (owner->has_value()) {
          entry.owner = **owner;
          entry.wanted.set_account_id(entry.owner->id);
        }
      }
    }
    return absl::OkStatus();
  }

  // Reads the resources that the rows can be about or meet.
  absl::Status ReadKnown(storage::Session& session) {
    std::vector<std::string> external_ids;
    for (const Entry& entry : entries_) {
      if (!entry.refusal.ok() || entry.wanted.external_id().empty()) continue;
      external_ids.push_back(entry.wanted.external_id());
    }
    RETURN_IF_ERROR(known_.ReadBy(session, "external_id", external_ids));
    if constexpr (std::is_same_v<M, v1::Site>) RETURN_IF_ERROR(ReadAliases(session));
    std::vector<ScopedNumber> numbers;
    for (const Entry& entry : entries_) {
      if (!entry.refusal.ok()) continue;
      const ScopedNumber number = NumberWanted(entry);
      if (!number.second.empty() && known_.ByNumber(number) == nullptr) numbers.push_back(number);
    }
    return known_.ReadByNumber(session, numbers);
  }

  // A row that names a merged account means the sites that it had by the numbers they had there.
  absl::Status ReadAliases(storage::Session& session) {
    std::vector<ScopedNumber> old_numbers;
    for (const Entry& entry : entries_) {
      if (entry.refusal.ok() && NamesMergedAccount(entry)) {
        old_numbers.push_back({entry.owner->named_id, entry.wanted.number()});
      }
    }
    if (old_numbers.empty()) return absl::OkStatus();
    using Alias = std::tuple<std::string, std::string, std::string>;
    ASSIGN_OR_RETURN(
        const std::vector<Alias> aliases,
        (session.Select<std::string, std::string, std::string>(
            absl::StrCat("select account_id, number, site_id from site_alias where ",
                         storage::AreAmong(session, "account_id", "number", ":numbers")),
            storage::ListOf(old_numbers))));
    std::vector<std::string> site_ids;
    for (const auto& [account_id, number, site_id] : aliases) {
      site_by_old_number_[{account_id, number}] = site_id;
      site_ids.push_back(site_id);
    }
    return known_.ReadBy(session, "id", site_ids);
  }

  // Rows cannot be matched with what is on its way from one account to another.
  // UNAVAILABLE: some would have to be.
  absl::Status CheckMoves(storage::Session& session) const {
    ASSIGN_OR_RETURN(const MergeMoves moves, MergeMoves::Read(session));
    if (moves.empty()) return absl::OkStatus();
    for (const Entry& entry : entries_) {
      if (!entry.refusal.ok()) continue;
      bool is_concerned = entry.owner.has_value() && moves.Concern(entry.owner->id);
      for (const M* known : {known_.ByExternalId(entry.wanted.external_id()),
                             known_.ByNumber(NumberWanted(entry))}) {
        is_concerned |= known != nullptr && moves.Concern(known->account_id());
      }
      if (is_concerned) {
        return rpc::RetryAfter(
            absl::UnavailableError("an account of the rows is being merged: send them again"),
            absl::Seconds(1));
      }
    }
    return absl::OkStatus();
  }

  static bool NamesMergedAccount(const Entry& entry) {
    return entry.owner.has_value() && entry.owner->named_id != entry.owner->id;
  }

  // Of the resource that the entry wants. A site that is known keeps its account.
  ScopedNumber NumberWanted(const Entry& entry) const {
    ScopedNumber number = NumberOf(entry.wanted);
    if constexpr (std::is_same_v<M, v1::Site>) {
      const M* known = known_.ByExternalId(entry.wanted.external_id());
      if (number.first.empty() && known != nullptr) number.first = known->account_id();
    }
    return number;
  }

  // The resource that the row is about; null when it is a new one. May change the number that is
  // wanted to the one that the site of a merged account has now.
  const M* Find(Entry& entry) const {
    const std::string& external_id = entry.wanted.external_id();
    const M* found = external_id.empty() ? nullptr : known_.ByExternalId(external_id);
    // An external id is given to what had none; it does not take over what has another one.
    const auto may_be = [&](const M* other) {
      return other != nullptr && (external_id.empty() || other->external_id().empty());
    };
    if (NamesMergedAccount(entry)) {
      const auto alias =
          site_by_old_number_.find({entry.owner->named_id, NumberOf(entry.wanted).second});
      if (alias != site_by_old_number_.end()) {
        const M* meant = known_.ById(alias->second);
        if (found == nullptr && may_be(meant)) found = meant;
        if (found == meant && found != nullptr) entry.wanted.set_number(meant->number());
        return found;
      }
    }
    if (found == nullptr) {
      const M* same_number = known_.ByNumber(NumberWanted(entry));
      if (may_be(same_number)) found = same_number;
    }
    return found;
  }

  // Decides on a row.
  void Take(Entry& entry) {
    if (!entry.refusal.ok()) return Refuse(entry, entry.refusal);
    const M* known = Find(entry);
    if (known != nullptr && pending_ids_.contains(known->id())) {
      // Nobody means the one and the other.
      const bool by_external_id = !entry.wanted.external_id().empty();
      Refuse(entry, rpc::InvalidField(absl::StrCat(kind_.constraints.table,
                                                   by_external_id ? ".external_id" : ".number"),
                                      "got that of a row shortly before, want another"));
      return;
    }
    const M& before = known != nullptr ? *known : M::default_instance();
    M after;
    if (known == nullptr) {
      after.Swap(&entry.wanted);
    } else {
      after = before;
      rpc::ApplyPatch(entry.wanted, plan_.always, after);
    }
    // What changes nothing needs no leave.
    if (known != nullptr && after.SerializeAsString() == before.SerializeAsString()) {
      ++outcome_.unchanged;
      return;
    }
    absl::Status refusal = plan_.store.Complete(after, known == nullptr);
    if (refusal.ok()) refusal = CheckWhole(entry.row, known == nullptr, after);
    if (refusal.ok()) refusal = CheckOwner(before, after);
    if (refusal.ok()) refusal = CheckUnique(before, after);
    if (refusal.ok()) refusal = setup_.Check(before, after);
    if (!refusal.ok()) return Refuse(entry, refusal);

    const absl::Time now = plan_.clock.Now();
    if (known == nullptr) {
      StampNew(after, NewId(kind_.id, now), now);
      ++outcome_.created;
    } else {
      StampChange(after, now);
      ++outcome_.updated;
    }
    pending_ids_.insert(after.id());
    (known == nullptr ? created_ : changed_).push_back(&known_.Put(std::move(after)));
  }

  void Refuse(const Entry& entry, const absl::Status& why) {
    outcome_.refusals.push_back(RefusalOf(entry.row.line(), why));
  }

  // By the rules of the protos, which are those of a row with such a resource.
  absl::Status CheckWhole(const Row& row, bool is_new, M& resource) const {
    const rpc::Validator& rules = RulesOf<Row, rpc::Validator::Completeness::kWhole>();
    Row whole;
    whole.set_line(row.line());
    M& held = Hold(M::default_instance(), whole);
    // The check takes out what is Portico's own to set, which a new one does not have.
    if (!is_new) held.MergeFrom(resource);
    if (is_new) held.Swap(&resource);
    absl::Status status = rules.Check(whole);
    if (is_new) held.Swap(&resource);
    return status;
  }

  absl::Status CheckOwner(const M& before, const M& after) const {
    if constexpr (std::is_same_v<M, v1::Account>) {
      if (before.merged_into_id().empty()) return absl::OkStatus();
      return RefuseMerged("account", before.number(), before.merged_into_id());
    } else {
      if (before.id().empty() || before.account_id() == after.account_id()) {
        return absl::OkStatus();
      }
      return rpc::InvalidField(
          absl::StrCat(kind_.constraints.table, ".account_id"),
          absl::StrCat("got ", rpc::Quoted(after.account_id()), ", want ",
                       rpc::Quoted(before.account_id()), ", as it keeps its account"));
    }
  }

  absl::Status CheckUnique(const M& before, const M& after) const {
    const M* other = nullptr;
    std::string field, value;
    if (after.external_id() != before.external_id() && !after.external_id().empty()) {
      other = known_.ByExternalId(value = after.external_id());
      field = "external_id";
    }
    if (other == nullptr && NumberOf(after) != NumberOf(before)) {
      other = known_.ByNumber(NumberOf(after));
      value = after.number();
      field = "number";
    }
    if (other == nullptr || other->id() == before.id()) return absl::OkStatus();
    return rpc::InvalidField(absl::StrCat(kind_.constraints.table, ".", field),
                             kind_.constraints.WantUntaken(value));
  }

  // Writes what was decided.
  absl::Status Write(storage::Session& session) {
    RETURN_IF_ERROR(plan_.store.FillIn(session, created_));
    return plan_.store.SaveAll(session, std::vector<const M*>(changed_.begin(), changed_.end()),
                               std::vector<const M*>(created_.begin(), created_.end()));
  }

  const ImportPlan<M, Row>& plan_;
  const ResourceKind<M>& kind_;
  ImportSetup setup_;
  ImportOwners owners_;
  KnownResources<M> known_;
  std::map<ScopedNumber, std::string> site_by_old_number_;
  std::vector<Entry> entries_;
  std::vector<M*> changed_, created_;  // To be written; each in the order of the rows.
  std::set<std::string> pending_ids_;
  ImportOutcome outcome_;
};

}  // namespace portico::account

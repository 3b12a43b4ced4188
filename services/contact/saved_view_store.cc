#include "services/contact/saved_view_store.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"

namespace portico::contact {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int64_t kMostOfOwner = 200;

}  // namespace

SavedViewStore::SavedViewStore(storage::Database& database, const Clock& clock)
    : table_("saved_view", {"id", "display_name", "filter", "query", "order_by", "shared", "owner",
                            "create_time"}),
      database_(database),
      clock_(clock),
      requests_(clock) {}

absl::StatusOr<v1::SavedView> SavedViewStore::Create(const v1::SavedView& wanted,
                                                     const std::string& owner,
                                                     const std::string& request_id) {
  v1::SavedView view = wanted;
  view.set_id(NewId(IdKind::kSavedView, clock_.Now()));
  view.set_owner(owner);
  *view.mutable_create_time() = TimeUtil::MicrosecondsToTimestamp(ToMicros(clock_.Now()));
  // Another caller's request is another one.
  v1::SavedView request = wanted;
  request.set_owner(owner);
  const std::string fingerprint = request_id.empty() ? "" : storage::Fingerprint(request);
  return database_.Write([&](storage::Session& session) -> absl::StatusOr<v1::SavedView> {
    const auto earlier =
        requests_.Claim(session, "CreateSavedView", request_id, fingerprint, view.id());
    if (absl::IsAlreadyExists(earlier.status())) {
      return rpc::ErrorWithReason(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                                  std::string(earlier.status().message()));
    }
    RETURN_IF_ERROR(earlier.status());
    if (earlier->has_value()) return Get(session, **earlier, owner);
    ASSIGN_OR_RETURN(const auto counts,
                     (session.SelectOne<int64_t, int64_t>(
                         "select count(*), count(*) filter (where display_name = :name) "
                         "from saved_view where owner = :owner",
                         view.display_name(), owner)));
    const auto [all, same] = counts.value_or(std::tuple(0, 0));
    if (same > 0) {
      return absl::AlreadyExistsError(absl::StrCat("saved_view.display_name: got ",
                                                   rpc::Quoted(view.display_name()),
                                                   ", want a name that none of your views has"));
    }
    if (all >= kMostOfOwner) {
      return rpc::ErrorWithReason(
          absl::StatusCode::kFailedPrecondition, "TOO_MANY_SAVED_VIEWS",
          absl::StrCat("saved_view: got one more than ", kMostOfOwner, ", want one deleted first"));
    }
    RETURN_IF_ERROR(table_.Insert(session, view));
    return view;
  });
}

absl::StatusOr<std::vector<v1::SavedView>> SavedViewStore::List(const std::string& caller) {
  return database_.Read(
      [&](storage::Session& session) -> absl::StatusOr<std::vector<v1::SavedView>> {
        ASSIGN_OR_RETURN(std::vector<v1::SavedView> views,
                         table_.List(session, "where owner = :owner", caller));
        ASSIGN_OR_RETURN(std::vector<v1::SavedView> shared,
                         table_.List(session,
                                     "where shared = 1 and owner <> :owner "
                                     "order by display_name limit :limit",
                                     caller, kMostOfOwner));
        std::ranges::move(shared, std::back_inserter(views));
        std::ranges::sort(views, {}, [](const v1::SavedView& view) {
          return std::pair(view.display_name(), view.id());
        });
        return views;
      });
}

absl::StatusOr<v1::SavedView> SavedViewStore::Get(const std::string& id,
                                                  const std::string& caller) {
  return database_.ReadOne([&](storage::Session& session) { return Get(session, id, caller); });
}

absl::StatusOr<v1::SavedView> SavedViewStore::Get(storage::Session& session, const std::string& id,
                                                  const std::string& caller) const {
  ASSIGN_OR_RETURN(
      auto found,
      table_.FindBy(session, "where id = :id and (owner = :owner or shared = 1)", id, caller));
  if (!found.has_value()) {
    return absl::NotFoundError(
        absl::StrCat("saved view: got the id ", rpc::Quoted(id), ", want one that you see"));
  }
  return *std::move(found);
}

absl::Status SavedViewStore::Delete(const std::string& id, const std::string& caller,
                                    bool may_delete_shared) {
  return database_.Write([&](storage::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const v1::SavedView view, Get(session, id, caller));
    if (view.owner() != caller && !may_delete_shared) {
      return absl::PermissionDeniedError(
          "saved view: deleting what another one shares takes the permission contacts.write");
    }
    return session.Execute("delete from saved_view where id = :id", id).status();
  });
}

}  // namespace portico::contact

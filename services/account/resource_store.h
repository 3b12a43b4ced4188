#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/util/message_differencer.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/clock.h"
#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/events/event_log.h"
#include "libs/events/snapshot.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "libs/storage/database.h"
#include "libs/storage/id_list.h"
#include "libs/storage/message_table.h"
#include "libs/storage/page_query.h"
#include "libs/storage/request_log.h"
#include "services/account/constraints.h"
#include "services/account/held_resource.h"
#include "services/account/resource_stamp.h"

namespace portico::account {

// What tells one kind of resource from another. All have an id, create_time,
// update_time and etag; the protos say which they are.
template <class M>
struct ResourceKind {
  IdKind id;
  storage::Table<M> table;  // Keyed by id, and named as constraints.table.
  Constraints constraints;
  // Checks what needs no database, and writes it as it is kept.
  absl::Status (*complete)(M&);
  // Events stay in order among those of one partition.
  const std::string& (*partition)(const M&);
  // The events of this kind: messages with one field, an M.
  const google::protobuf::Message& created;
  const google::protobuf::Message& updated;

  // The rest not every kind needs.
  // Gives a new one the defaults of what is unset.
  void (*set_defaults)(M&) = nullptr;
  // Whether a new value may be at this time.
  absl::Status (*check_time)(const M&, absl::Time now) = nullptr;
  // Whether a change may be made; `before` has no id when the resource is new.
  absl::Status (*admit)(storage::Session&, const M& before, const M& after) = nullptr;
  // Gives new ones what they take over from what they refer to.
  absl::Status (*fill_in)(storage::Session&, std::span<M* const> created) = nullptr;
  // Takes out what no event tells.
  void (*conceal)(M&) = nullptr;
  // Where Get finds an :id.
  std::string_view where_id = "where id = :id";
};

// Keeps the resources of one kind. Every change appends its event in the same
// transaction. Thread-safe. Besides the errors below, all answer storage's.
template <class M>
class ResourceStore {
 public:
  ResourceStore(ResourceKind<M> kind, storage::Database& database, events::EventLog& events,
                const Clock& clock)
      : kind_(std::move(kind)),
        database_(database),
        events_(events),
        clock_(clock),
        requests_(clock) {}

  const ResourceKind<M>& kind() const { return kind_; }

  // What makes a creation safe to repeat.
  struct Request {
    std::string id;           // May be empty: it is not to be repeated.
    std::string fingerprint;  // Of all that is asked for.
  };

  // Writes more in the transaction of a creation.
  using Together = std::function<absl::Status(storage::Session&, const M& created)>;

  // Stores `wanted` under a new id. The same request id with the same resource
  // answers the one stored the first time.
  // INVALID_ARGUMENT: a field is wrong or refers to nothing.
  // ALREADY_EXISTS: a unique field is taken; or, with reason REQUEST_ID_REUSED,
  // the request id was used with another resource.
  absl::StatusOr<M> Create(const M& wanted, const std::string& request_id) {
    return Create(wanted, {request_id, request_id.empty() ? "" : storage::Fingerprint(wanted)},
                  NewId(kind_.id, clock_.Now()), nullptr);
  }

  // The same under `new_id`, with what `together` writes, unless the request is a repetition.
  absl::StatusOr<M> Create(const M& wanted, const Request& request, const std::string& new_id,
                           const Together& together) {
    M prepared = wanted;
    RETURN_IF_ERROR(Complete(prepared, /*is_new=*/true));
    StampNew(prepared, new_id, clock_.Now());
    return database_.Write([&](storage::Session& session) -> absl::StatusOr<M> {
      ASSIGN_OR_RETURN(const auto earlier,
                       FromRequestLog(requests_.Claim(session, kind_.constraints.table, request.id,
                                                      request.fingerprint, new_id)));
      if (earlier.has_value()) return Get(session, *earlier);
      M created = prepared;
      RETURN_IF_ERROR(Check(session, M::default_instance(), created));
      M* const one = &created;
      RETURN_IF_ERROR(FillIn(session, {&one, 1}));
      RETURN_IF_ERROR(kind_.table.Insert(session, created));
      RETURN_IF_ERROR(events_.Append(session, Announce(created, kind_.created)));
      if (together != nullptr) RETURN_IF_ERROR(together(session, created));
      return created;
    });
  }

  // The id of what an earlier request with this id made, if there was one.
  // ALREADY_EXISTS: as Create.
  absl::StatusOr<std::optional<std::string>> FindEarlier(const Request& request) {
    if (request.id.empty()) return std::nullopt;
    return database_.ReadOne([&](storage::Session& session) {
      return FromRequestLog(
          requests_.Find(session, kind_.constraints.table, request.id, request.fingerprint));
    });
  }

  // NOT_FOUND: there is none with this id.
  absl::StatusOr<M> Get(const std::string& id) {
    return database_.ReadOne([&](storage::Session& session) { return Get(session, id); });
  }

  // As Get, within someone's read.
  absl::StatusOr<M> Get(storage::Session& session, const std::string& id) const {
    return Find(session, kind_.where_id, id);
  }

  // Those whose `field` is one of `values`, each once, within someone's read.
  absl::StatusOr<std::vector<M>> GetAll(storage::Session& session, std::string_view field,
                                        std::span<const std::string> values) const {
    if (values.empty()) return std::vector<M>();
    return kind_.table.List(session,
                            absl::StrCat("where ", session.IsAmong(field, ":values"), " and ",
                                         std::string(field), " <> ''"),
                            storage::ListOf(values));
  }

  // The page of `query` that a list request asks for.
  // INVALID_ARGUMENT: the page token belongs to another list.
  template <class ListRequest>
  absl::StatusOr<storage::Page<M>> List(const storage::PageQuery& query,
                                        const ListRequest& request) {
    return database_.Read([&](storage::Session& session) { return List(session, query, request); });
  }

  // As List, within someone's read.
  template <class ListRequest>
  absl::StatusOr<storage::Page<M>> List(storage::Session& session, const storage::PageQuery& query,
                                        const ListRequest& request) const {
    return query.Read(session, kind_.table, request.page_size(), request.page_token());
  }

  // All of them, each as the event of its latest change.
  events::SnapshotKind Snapshot() const {
    return events::SnapshotOf<M>(kind_.table, kind_.updated, [this](M resource) {
      return events::State{.payload = EventOf(resource, kind_.updated),
                           .partition = kind_.partition(resource)};
    });
  }

  // Changes the fields of `mask`, or else those set in `patch`. What changes
  // nothing is not written and keeps its etag.
  // NOT_FOUND: there is none with this id. ABORTED: the etag is stale.
  // FAILED_PRECONDITION: the kind does not admit it.
  // INVALID_ARGUMENT, ALREADY_EXISTS: as Create.
  absl::StatusOr<M> Update(const M& patch, const google::protobuf::FieldMask& mask) {
    return database_.Write([&](storage::Session& session) -> absl::StatusOr<M> {
      ASSIGN_OR_RETURN(const M before, Find(session, "where id = :id", patch.id()));
      M after = before;
      RETURN_IF_ERROR(rpc::ApplyUpdate(kind_.constraints.table, patch, mask, after));
      RETURN_IF_ERROR(Complete(after, /*is_new=*/false));
      if (google::protobuf::util::MessageDifferencer::Equals(before, after)) return before;
      RETURN_IF_ERROR(Check(session, before, after));
      StampChange(after, clock_.Now());
      RETURN_IF_ERROR(kind_.table.Update(session, after).status());
      RETURN_IF_ERROR(events_.Append(session, Announce(after, kind_.updated)));
      return after;
    });
  }

  // Defaults and checks, as far as they need no database.
  absl::Status Complete(M& resource, bool is_new) const {
    if (is_new && kind_.set_defaults != nullptr) kind_.set_defaults(resource);
    RETURN_IF_ERROR(kind_.complete(resource));
    return kind_.check_time == nullptr ? absl::OkStatus()
                                       : kind_.check_time(resource, clock_.Now());
  }

  // Gives new resources what they take over, within someone's write.
  absl::Status FillIn(storage::Session& session, std::span<M* const> created) const {
    return kind_.fill_in == nullptr ? absl::OkStatus() : kind_.fill_in(session, created);
  }

  // Writes resources that are checked and stamped, no two of them with one id, and their events,
  // within someone's write. First those that exist: what they give up new ones can have.
  absl::Status SaveAll(storage::Session& session, std::span<const M* const> changed,
                       std::span<const M* const> created = {}) {
    RETURN_IF_ERROR(kind_.table.SaveAll(session, changed));
    RETURN_IF_ERROR(kind_.table.InsertAll(session, created));
    std::vector<events::Draft> drafts;
    drafts.reserve(changed.size() + created.size());
    for (const M* resource : changed) drafts.push_back(Announce(*resource, kind_.updated));
    for (const M* resource : created) drafts.push_back(Announce(*resource, kind_.created));
    return events_.AppendAll(session, drafts);
  }

 private:
  absl::StatusOr<M> Find(storage::Session& session, std::string_view where,
                         const std::string& id) const {
    ASSIGN_OR_RETURN(auto found, kind_.table.FindBy(session, where, id));
    if (!found.has_value()) {
      return absl::NotFoundError(absl::StrCat(kind_.constraints.table, ": got the id ",
                                              rpc::Quoted(id), ", want an existing one"));
    }
    return *std::move(found);
  }

  absl::Status Check(storage::Session& session, const M& before, const M& after) const {
    if (kind_.admit != nullptr) RETURN_IF_ERROR(kind_.admit(session, before, after));
    return kind_.constraints.Check(session, before, after);
  }

  std::unique_ptr<google::protobuf::Message> EventOf(
      const M& resource, const google::protobuf::Message& event_type) const {
    std::unique_ptr<google::protobuf::Message> event(event_type.New());
    M& told = Hold(resource, *event);
    if (kind_.conceal != nullptr) kind_.conceal(told);
    return event;
  }

  events::Draft Announce(const M& resource, const google::protobuf::Message& event_type) const {
    return events_.Prepare(*EventOf(resource, event_type), resource.id(),
                           kind_.partition(resource));
  }

  // Of what the request log answers.
  static absl::StatusOr<std::optional<std::string>> FromRequestLog(
      absl::StatusOr<std::optional<std::string>> id) {
    if (!absl::IsAlreadyExists(id.status())) return id;
    return rpc::ErrorWithReason(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                                std::string(id.status().message()));
  }

  const ResourceKind<M> kind_;
  storage::Database& database_;
  events::EventLog& events_;
  const Clock& clock_;
  const storage::RequestLog requests_;
};

}  // namespace portico::account

#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/util/message_differencer.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
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
// update_time and etag; setup.proto and account.proto say which they are.
template <class M>
struct ResourceKind {
  IdKind id;
  storage::Table<M> table;  // Keyed by id, and named as constraints.table.
  Constraints constraints;
  // Sets defaults and checks what needs no database.
  absl::Status (*complete)(M&);
  // Events stay in order among those of one partition.
  const std::string& (*partition)(const M&);
  // The events of this kind: messages with one field, an M.
  const google::protobuf::Message& created;
  const google::protobuf::Message& updated;
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

  // Stores `wanted` under a new id. The same request id with the same resource
  // answers the one stored the first time.
  // INVALID_ARGUMENT: a field is wrong or refers to nothing.
  // ALREADY_EXISTS: a unique field is taken; or, with reason REQUEST_ID_REUSED,
  // the request id was used with another resource.
  absl::StatusOr<M> Create(const M& wanted, const std::string& request_id) {
    M created = wanted;
    RETURN_IF_ERROR(kind_.complete(created));
    StampNew(created, kind_.id, clock_.Now());
    const std::string fingerprint = request_id.empty() ? "" : storage::Fingerprint(wanted);
    return database_.Write([&](storage::Session& session) -> absl::StatusOr<M> {
      ASSIGN_OR_RETURN(const std::optional<M> earlier,
                       FindEarlier(session, request_id, fingerprint, created.id()));
      if (earlier.has_value()) return *earlier;
      RETURN_IF_ERROR(kind_.constraints.Check(session, M::default_instance(), created));
      RETURN_IF_ERROR(kind_.table.Insert(session, created));
      RETURN_IF_ERROR(Publish(session, kind_.created, created));
      return created;
    });
  }

  // NOT_FOUND: there is none with this id.
  absl::StatusOr<M> Get(const std::string& id) {
    return database_.ReadOne([&](storage::Session& session) { return Get(session, id); });
  }

  // Those of `ids` that exist, each once, within someone's read.
  absl::StatusOr<std::vector<M>> GetAll(storage::Session& session, const std::vector<std::string>& ids) {
    return kind_.table.List(session, absl::StrCat("where ", session.IsAmong("id", ":ids")),
                            storage::ListOf(ids));
  }

  // The page of `query` that a list request asks for.
  // INVALID_ARGUMENT: the page token belongs to another list.
  template <class Request>
  absl::StatusOr<storage::Page<M>> List(const storage::PageQuery& query, const Request& request) {
    return database_.Read([&](storage::Session& session) {
      return query.Read(session, kind_.table, request.page_size(), request.page_token());
    });
  }

  // All of them, each as the event of its latest change.
  events::SnapshotKind Snapshot() const {
    return events::SnapshotOf<M>(kind_.table, kind_.updated, [this](M resource) {
      std::unique_ptr<google::protobuf::Message> event(kind_.updated.New());
      Hold(resource, *event);
      return events::State{.payload = std::move(event), .partition = kind_.partition(resource)};
    });
  }

  // Changes the fields of `mask`, or else those set in `patch`. What changes
  // nothing is not written and keeps its etag.
  // NOT_FOUND: there is none with this id. ABORTED: the etag is stale.
  // INVALID_ARGUMENT, ALREADY_EXISTS: as Create.
  absl::StatusOr<M> Update(const M& patch, const google::protobuf::FieldMask& mask) {
    return database_.Write([&](storage::Session& session) -> absl::StatusOr<M> {
      ASSIGN_OR_RETURN(const M before, Get(session, patch.id()));
      M after = before;
      RETURN_IF_ERROR(rpc::ApplyUpdate(kind_.constraints.table, patch, mask, after));
      RETURN_IF_ERROR(kind_.complete(after));
      if (google::protobuf::util::MessageDifferencer::Equals(before, after)) return before;
      RETURN_IF_ERROR(kind_.constraints.Check(session, before, after));
      StampChange(after, clock_.Now());
      RETURN_IF_ERROR(kind_.table.Update(session, after).status());
      RETURN_IF_ERROR(Publish(session, kind_.updated, after));
      return after;
    });
  }

 private:
  absl::StatusOr<M> Get(storage::Session& session, const std::string& id) {
    ASSIGN_OR_RETURN(auto found, kind_.table.FindBy(session, "where id = :id", id));
    if (!found.has_value()) {
      return absl::NotFoundError(absl::StrCat(kind_.constraints.table, ": got the id ",
                                              rpc::Quoted(id), ", want an existing one"));
    }
    return *std::move(found);
  }

  absl::Status Publish(storage::Session& session, const google::protobuf::Message& event_type,
                       const M& resource) {
    const std::unique_ptr<google::protobuf::Message> event(event_type.New());
    Hold(resource, *event);
    return events_.Append(session, *event, resource.id(), kind_.partition(resource));
  }

  // The resource that this request made before, if any.
  absl::StatusOr<std::optional<M>> FindEarlier(storage::Session& session,
                                               const std::string& request_id,
                                               const std::string& fingerprint,
                                               const std::string& new_id) {
    auto id = requests_.Claim(session, kind_.constraints.table, request_id, fingerprint, new_id);
    if (absl::IsAlreadyExists(id.status())) {
      return rpc::ErrorWithReason(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                                  std::string(id.status().message()));
    }
    if (!id.ok()) return std::move(id).status();
    if (!id->has_value()) return std::nullopt;
    return Get(session, **id);
  }

  const ResourceKind<M> kind_;
  storage::Database& database_;
  events::EventLog& events_;
  const Clock& clock_;
  const storage::RequestLog requests_;
};

}  // namespace portico::account

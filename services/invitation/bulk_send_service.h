#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "libs/rpc/server.h"
#include "libs/storage/database.h"
#include "services/invitation/bulk_control.h"
#include "services/invitation/bulk_creation.h"
#include "services/invitation/bulk_watchers.h"
#include "services/invitation/recipient_rebuild.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

// Serves portico.invitation.v1.BulkSendService.
class BulkSendService {
 public:
  BulkSendService(storage::Database& database, const Stores& stores, const BulkCreation& creation,
                  const BulkControl& control, BulkWatchers& watchers, RecipientRebuild& rebuild)
      : database_(database),
        stores_(stores),
        creation_(creation),
        control_(control),
        watchers_(watchers),
        rebuild_(rebuild) {}

  void Register(rpc::Server& server);

 private:
  using Stream = absl::StatusOr<std::unique_ptr<rpc::StreamSource>>;

  absl::StatusOr<v1::CountRecipientsResponse> CountRecipients(
      rpc::Call& call, const v1::CountRecipientsRequest& request);
  absl::StatusOr<v1::ListRecipientsResponse> ListRecipients(
      rpc::Call& call, const v1::ListRecipientsRequest& request);
  Stream ExportRecipients(rpc::Call& call, const v1::ExportRecipientsRequest& request);
  absl::StatusOr<v1::CreateBulkSendResponse> CreateBulkSend(
      rpc::Call& call, const v1::CreateBulkSendRequest& request);
  absl::StatusOr<v1::StartBulkSendResponse> StartBulkSend(rpc::Call& call,
                                                          const v1::StartBulkSendRequest& request);
  absl::StatusOr<v1::GetBulkSendResponse> GetBulkSend(rpc::Call& call,
                                                      const v1::GetBulkSendRequest& request);
  absl::StatusOr<v1::ListBulkSendsResponse> ListBulkSends(rpc::Call& call,
                                                          const v1::ListBulkSendsRequest& request);
  Stream WatchBulkSend(rpc::Call& call, const v1::WatchBulkSendRequest& request);
  absl::StatusOr<v1::PauseResponse> Pause(rpc::Call& call, const v1::PauseRequest& request);
  absl::StatusOr<v1::ResumeResponse> Resume(rpc::Call& call, const v1::ResumeRequest& request);
  absl::StatusOr<v1::CancelResponse> Cancel(rpc::Call& call, const v1::CancelRequest& request);
  absl::StatusOr<v1::RetryFailedResponse> RetryFailed(rpc::Call& call,
                                                      const v1::RetryFailedRequest& request);
  absl::StatusOr<v1::ListBulkSendRecipientsResponse> ListBulkSendRecipients(
      rpc::Call& call, const v1::ListBulkSendRecipientsRequest& request);
  Stream RebuildRecipients(rpc::Call& call, const v1::RebuildRecipientsRequest& request);

  storage::Database& database_;
  const Stores& stores_;
  const BulkCreation& creation_;
  const BulkControl& control_;
  BulkWatchers& watchers_;
  RecipientRebuild& rebuild_;
};

}  // namespace portico::invitation

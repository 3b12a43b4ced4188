#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/rpc/server.h"
#include "libs/storage/database.h"
#include "services/invitation/delivery_reports.h"
#include "services/invitation/message_signature.h"
#include "services/invitation/notices.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

// Serves portico.invitation.v1.DeliveryService.
class DeliveryService {
 public:
  DeliveryService(storage::Database& database, const Stores& stores, const DeliveryReports& reports,
                  Notices& notices, const MessageSignature& signature, const Clock& clock)
      : database_(database),
        stores_(stores),
        reports_(reports),
        notices_(notices),
        signature_(signature),
        clock_(clock) {}

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<v1::ListMessagesResponse> ListMessages(rpc::Call& call,
                                                        const v1::ListMessagesRequest& request);
  absl::StatusOr<v1::GetMessageResponse> GetMessage(rpc::Call& call,
                                                    const v1::GetMessageRequest& request);
  absl::StatusOr<v1::EnqueueMessageResponse> EnqueueMessage(
      rpc::Call& call, const v1::EnqueueMessageRequest& request);
  absl::StatusOr<v1::ReportDeliveryResponse> ReportDelivery(
      rpc::Call& call, const v1::ReportDeliveryRequest& request);
  absl::StatusOr<v1::ListSuppressionsResponse> ListSuppressions(
      rpc::Call& call, const v1::ListSuppressionsRequest& request);
  absl::StatusOr<v1::AddSuppressionResponse> AddSuppression(
      rpc::Call& call, const v1::AddSuppressionRequest& request);
  absl::StatusOr<v1::RemoveSuppressionResponse> RemoveSuppression(
      rpc::Call& call, const v1::RemoveSuppressionRequest& request);
  absl::StatusOr<v1::UnsubscribeResponse> Unsubscribe(rpc::Call& call,
                                                      const v1::UnsubscribeRequest& request);

  // A report that may be applied, and which of the request's it is.
  struct Asked {
    std::string invitation_id;
    MailReport report;
    int index;
  };
  absl::Status ApplyAll(const std::vector<Asked>& asked, v1::ReportDeliveryResponse& response);

  storage::Database& database_;
  const Stores& stores_;
  const DeliveryReports& reports_;
  Notices& notices_;
  const MessageSignature& signature_;
  const Clock& clock_;
};

}  // namespace portico::invitation

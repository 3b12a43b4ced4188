#pragma once

#include <absl/status/statusor.h>

#include "libs/rpc/server.h"
#include "libs/storage/database.h"
#include "services/invitation/message_store.h"

namespace portico::invitation {

// Serves portico.invitation.v1.DeliveryService.
class DeliveryService {
 public:
  DeliveryService(storage::Database& database, const MessageStore& messages)
      : database_(database), messages_(messages) {}

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<v1::ListMessagesResponse> ListMessages(rpc::Call& call,
                                                        const v1::ListMessagesRequest& request);
  absl::StatusOr<v1::GetMessageResponse> GetMessage(rpc::Call& call,
                                                    const v1::GetMessageRequest& request);

  storage::Database& database_;
  const MessageStore& messages_;
};

}  // namespace portico::invitation

#include "services/invitation/delivery_service.h"

#include <absl/strings/str_cat.h>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"

namespace portico::invitation {

using storage::Session;

void DeliveryService::Register(rpc::Server& server) {
  server.Handle(this, &DeliveryService::ListMessages);
  server.Handle(this, &DeliveryService::GetMessage);
}

absl::StatusOr<v1::ListMessagesResponse> DeliveryService::ListMessages(
    rpc::Call&, const v1::ListMessagesRequest& request) {
  return database_.Read([&](Session& session) { return messages_.List(session, request); });
}

absl::StatusOr<v1::GetMessageResponse> DeliveryService::GetMessage(
    rpc::Call&, const v1::GetMessageRequest& request) {
  return database_.Read([&](Session& session) -> absl::StatusOr<v1::GetMessageResponse> {
    ASSIGN_OR_RETURN(std::optional<Message> message, messages_.Find(session, request.id()));
    if (!message.has_value()) {
      return absl::NotFoundError(
          absl::StrCat("got message ", rpc::Quoted(request.id()), ", which does not exist"));
    }
    ASSIGN_OR_RETURN(const std::vector<DeliveryAttempt> attempts,
                     messages_.Attempts(session, request.id()));
    v1::GetMessageResponse response;
    *response.mutable_message() = *std::move(message);
    response.mutable_message()->mutable_attempts()->Add(attempts.begin(), attempts.end());
    return response;
  });
}

}  // namespace portico::invitation

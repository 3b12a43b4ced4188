#include "services/account/contact_client.h"

#include <string>
#include <utility>

#include "libs/log/log.h"
#include "libs/rpc/errors.h"

namespace portico::account {

absl::StatusOr<std::vector<contact::v1::Contact>> ContactClient::Create(
    const contact::v1::CreateContactsRequest& request) {
  auto response = peer_.Call<contact::v1::CreateContactsResponse>(request);
  if (response.ok()) {
    auto& contacts = *response->mutable_contacts();
    return std::vector<contact::v1::Contact>(std::make_move_iterator(contacts.begin()),
                                             std::make_move_iterator(contacts.end()));
  }
  if (IsRefusal(response.status()) || AreMade(response.status())) return response.status();
  log::Warn(
      "the contact service does not create contacts",
      {{"account", request.account_id()}, {"error", std::string(response.status().message())}});
  return rpc::RetryAfter(absl::UnavailableError("the contact service does not answer"),
                         absl::Seconds(1));
}

bool ContactClient::IsRefusal(const absl::Status& status) {
  return !AreMade(status) && (absl::IsInvalidArgument(status) ||
                              absl::IsFailedPrecondition(status) || absl::IsAlreadyExists(status));
}

bool ContactClient::AreMade(const absl::Status& status) {
  return absl::IsAlreadyExists(status) && rpc::ReasonOf(status) == "REQUEST_ID_REUSED";
}

}  // namespace portico::account

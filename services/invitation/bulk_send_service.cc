#include "services/invitation/bulk_send_service.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <string>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/storage/page_token.h"
#include "services/invitation/recipient_export.h"

namespace portico::invitation {

using storage::Session;

namespace {

RecipientChoice ChoiceOf(const auto& request) {
  return {.filter = request.filter(),
          .group = request.group(),
          .only_will_be_mailed = request.only_will_be_mailed()};
}

// Tells one list from another, so that none takes another's tokens.
std::string NameOf(v1::ListRecipientsRequest request) {
  request.clear_page_size();
  request.clear_page_token();
  return absl::StrCat("recipients ", request.SerializeAsString());
}

std::string Encode(const RecipientPlace& place, const std::string& list) {
  const std::string key[] = {absl::StrCat(place.segment_id), absl::StrCat(place.standing),
                             place.contact_id};
  return storage::EncodePageToken(key, list);
}

absl::StatusOr<RecipientPlace> Decode(const std::string& token, const std::string& list) {
  ASSIGN_OR_RETURN(const std::vector<std::string> key, storage::DecodePageToken(token, list));
  RecipientPlace place;
  if (key.empty()) return place;
  if (key.size() != 3 || !absl::SimpleAtoi(key[0], &place.segment_id) ||
      !absl::SimpleAtoi(key[1], &place.standing)) {
    return absl::InvalidArgumentError("page_token: got one that is none of this list's");
  }
  place.contact_id = key[2];
  return place;
}

// The answer of an RPC on one bulk send.
template <class Response>
absl::StatusOr<Response> Answer(absl::StatusOr<BulkSend> bulk) {
  if (!bulk.ok()) return bulk.status();
  Response response;
  *response.mutable_bulk_send() = *std::move(bulk);
  return response;
}

}  // namespace

void BulkSendService::Register(rpc::Server& server) {
  server.Handle(this, &BulkSendService::CountRecipients);
  server.Handle(this, &BulkSendService::ListRecipients);
  server.HandleStream(this, &BulkSendService::ExportRecipients);
  server.HandleStream(this, &BulkSendService::RebuildRecipients);
  server.Handle(this, &BulkSendService::CreateBulkSend);
  server.Handle(this, &BulkSendService::StartBulkSend);
  server.Handle(this, &BulkSendService::GetBulkSend);
  server.Handle(this, &BulkSendService::ListBulkSends);
  server.HandleStream(this, &BulkSendService::WatchBulkSend);
  server.Handle(this, &BulkSendService::Pause);
  server.Handle(this, &BulkSendService::Resume);
  server.Handle(this, &BulkSendService::Cancel);
  server.Handle(this, &BulkSendService::RetryFailed);
  server.Handle(this, &BulkSendService::ListBulkSendRecipients);
}

absl::StatusOr<v1::CountRecipientsResponse> BulkSendService::CountRecipients(
    rpc::Call&, const v1::CountRecipientsRequest& request) {
  v1::CountRecipientsResponse response;
  ASSIGN_OR_RETURN(*response.mutable_counts(), database_.ReadOne([&](Session& session) {
    return stores_.groups.Count(session, request.filter());
  }));
  return response;
}

absl::StatusOr<v1::ListRecipientsResponse> BulkSendService::ListRecipients(
    rpc::Call&, const v1::ListRecipientsRequest& request) {
  const std::string list = NameOf(request);
  ASSIGN_OR_RETURN(const RecipientPlace after, Decode(request.page_token(), list));
  const int64_t size =
      request.page_size() > 0 ? request.page_size() : storage::PageQuery::kDefaultPageSize;
  ASSIGN_OR_RETURN(RecipientGroups::Page page, database_.Read([&](Session& session) {
    return stores_.groups.List(session, ChoiceOf(request), after, size);
  }));
  v1::ListRecipientsResponse response;
  for (v1::CountedRecipient& one : page.recipients) *response.add_recipients() = std::move(one);
  if (page.next.has_value()) response.set_next_page_token(Encode(*page.next, list));
  return response;
}

BulkSendService::Stream BulkSendService::ExportRecipients(
    rpc::Call&, const v1::ExportRecipientsRequest& request) {
  return std::make_unique<RecipientExport>(database_, stores_.groups, ChoiceOf(request));
}

BulkSendService::Stream BulkSendService::RebuildRecipients(rpc::Call&,
                                                           const v1::RebuildRecipientsRequest&) {
  return rebuild_.Begin();
}

absl::StatusOr<v1::CreateBulkSendResponse> BulkSendService::CreateBulkSend(
    rpc::Call& call, const v1::CreateBulkSendRequest& request) {
  return Answer<v1::CreateBulkSendResponse>(creation_.Create(request, call.caller.subject));
}

absl::StatusOr<v1::StartBulkSendResponse> BulkSendService::StartBulkSend(
    rpc::Call&, const v1::StartBulkSendRequest& request) {
  return Answer<v1::StartBulkSendResponse>(control_.Start(request));
}

absl::StatusOr<v1::GetBulkSendResponse> BulkSendService::GetBulkSend(
    rpc::Call&, const v1::GetBulkSendRequest& request) {
  return Answer<v1::GetBulkSendResponse>(control_.Get(request.id()));
}

absl::StatusOr<v1::ListBulkSendsResponse> BulkSendService::ListBulkSends(
    rpc::Call&, const v1::ListBulkSendsRequest& request) {
  return database_.Read(
      [&](Session& session) { return stores_.bulk_sends.List(session, request); });
}

BulkSendService::Stream BulkSendService::WatchBulkSend(rpc::Call&,
                                                       const v1::WatchBulkSendRequest& request) {
  RETURN_IF_ERROR(control_.Get(request.id()).status());
  return watchers_.Watch(database_, stores_, request.id());
}

absl::StatusOr<v1::PauseResponse> BulkSendService::Pause(rpc::Call&,
                                                         const v1::PauseRequest& request) {
  return Answer<v1::PauseResponse>(control_.Pause(request.id()));
}

absl::StatusOr<v1::ResumeResponse> BulkSendService::Resume(rpc::Call&,
                                                           const v1::ResumeRequest& request) {
  return Answer<v1::ResumeResponse>(control_.Resume(request.id()));
}

absl::StatusOr<v1::CancelResponse> BulkSendService::Cancel(rpc::Call&,
                                                           const v1::CancelRequest& request) {
  return Answer<v1::CancelResponse>(control_.Cancel(request.id()));
}

absl::StatusOr<v1::RetryFailedResponse> BulkSendService::RetryFailed(
    rpc::Call&, const v1::RetryFailedRequest& request) {
  return Answer<v1::RetryFailedResponse>(control_.RetryFailed(request));
}

absl::StatusOr<v1::ListBulkSendRecipientsResponse> BulkSendService::ListBulkSendRecipients(
    rpc::Call&, const v1::ListBulkSendRecipientsRequest& request) {
  ASSIGN_OR_RETURN(const BulkSend bulk, control_.Get(request.id()));
  return database_.Read(
      [&](Session& session) { return stores_.ledger.List(session, bulk, request); });
}

}  // namespace portico::invitation

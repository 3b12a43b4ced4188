#include "services/invitation/delivery_service.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "libs/auth/encoding.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/mail/delivery_result.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/validation.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;

namespace {

// The id in a report's `message`, which may be a Message-ID header.
std::string MessageIdIn(std::string_view message) {
  if (message.starts_with('<') && message.ends_with('>')) {
    message = message.substr(1, message.size() - 2);
  }
  return std::string(message.substr(0, message.find('@')));
}

absl::Status CheckReport(v1::DeliveryReport& report) {
  static const auto& validator = *new rpc::Validator(*v1::DeliveryReport::descriptor());
  RETURN_IF_ERROR(validator.Check(report));
  if (!v1::DeliveryReportKind_IsValid(report.kind())) {
    return rpc::InvalidField("kind",
                             absl::StrCat("got ", report.kind(), ", want one of the API's"));
  }
  if (!report.enhanced_status().empty() &&
      mail::EnhancedStatusIn(report.enhanced_status()) != report.enhanced_status()) {
    return rpc::InvalidField("enhanced_status",
                             absl::StrCat("got ", rpc::Quoted(report.enhanced_status()),
                                          ", want such as \"5.1.1\" or nothing"));
  }
  return absl::OkStatus();
}

MailReport ToMailReport(const v1::DeliveryReport& report) {
  MailReport result{.message_id = MessageIdIn(report.message()),
                    .kind = report.kind(),
                    .source = v1::DELIVERY_SOURCE_REPORT,
                    .enhanced_status = report.enhanced_status(),
                    .text = mail::ReplyText(report.text()),
                    .content_hash = ""};
  std::string time;
  if (report.has_time()) {
    const int64_t micros = TimeUtil::TimestampToMicroseconds(report.time());
    result.time = FromMicros(micros);
    time = absl::StrCat(micros);
  }
  result.content_hash = auth::EncodeBase64Url(Sha256(absl::StrCat(
      "report\n", report.kind(), "\n", report.enhanced_status(), "\n", time, "\n", result.text)));
  return result;
}

}  // namespace

void DeliveryService::Register(rpc::Server& server) {
  server.Handle(this, &DeliveryService::ListMessages);
  server.Handle(this, &DeliveryService::GetMessage);
  server.Handle(this, &DeliveryService::EnqueueMessage);
  server.Handle(this, &DeliveryService::ReportDelivery);
  server.Handle(this, &DeliveryService::ListSuppressions);
  server.Handle(this, &DeliveryService::AddSuppression);
  server.Handle(this, &DeliveryService::RemoveSuppression);
  server.Handle(this, &DeliveryService::Unsubscribe);
}

absl::StatusOr<v1::ListMessagesResponse> DeliveryService::ListMessages(
    rpc::Call&, const v1::ListMessagesRequest& request) {
  return database_.Read([&](Session& session) { return stores_.messages.List(session, request); });
}

absl::StatusOr<v1::GetMessageResponse> DeliveryService::GetMessage(
    rpc::Call&, const v1::GetMessageRequest& request) {
  return database_.Read([&](Session& session) -> absl::StatusOr<v1::GetMessageResponse> {
    ASSIGN_OR_RETURN(std::optional<Message> message, stores_.messages.Find(session, request.id()));
    if (!message.has_value()) {
      return absl::NotFoundError(
          absl::StrCat("got message ", rpc::Quoted(request.id()), ", which does not exist"));
    }
    ASSIGN_OR_RETURN(std::vector<DeliveryAttempt> tries,
                     stores_.messages.Attempts(session, request.id()));
    ASSIGN_OR_RETURN(std::vector<DeliveryAttempt> reports,
                     stores_.reports.Of(session, request.id()));
    const std::vector<DeliveryAttempt> attempts = History(std::move(tries), std::move(reports));
    v1::GetMessageResponse response;
    *response.mutable_message() = *std::move(message);
    response.mutable_message()->mutable_attempts()->Add(attempts.begin(), attempts.end());
    return response;
  });
}

absl::StatusOr<v1::EnqueueMessageResponse> DeliveryService::EnqueueMessage(
    rpc::Call&, const v1::EnqueueMessageRequest& request) {
  v1::EnqueueMessageResponse response;
  ASSIGN_OR_RETURN(*response.mutable_message_id(), notices_.Enqueue(request));
  return response;
}

absl::StatusOr<v1::ReportDeliveryResponse> DeliveryService::ReportDelivery(
    rpc::Call&, const v1::ReportDeliveryRequest& request) {
  v1::ReportDeliveryResponse response;
  std::vector<Asked> asked;
  for (int i = 0; i < request.reports_size(); ++i) {
    v1::DeliveryReport report = request.reports(i);
    v1::DeliveryReportResult& result = *response.add_results();
    const absl::Status checked = CheckReport(report);
    if (checked.ok()) {
      result.set_outcome(v1::DELIVERY_REPORT_OUTCOME_UNKNOWN_MESSAGE);
      asked.push_back({.invitation_id = "", .report = ToMailReport(report), .index = i});
    } else {
      result.set_outcome(v1::DELIVERY_REPORT_OUTCOME_INVALID);
      result.set_error(std::string(checked.message()));
    }
  }
  const auto find = [&](Session& session) -> absl::Status {
    for (Asked& one : asked) {
      ASSIGN_OR_RETURN(const std::optional<Message> message,
                       stores_.messages.Find(session, one.report.message_id));
      // A Message-ID must be the whole one; the part before its @ is ours to see in any mail.
      const std::string& named = request.reports(one.index).message();
      if (!message.has_value() || (named != message->id() && named != message->message_id() &&
                                   named != absl::StrCat("<", message->message_id(), ">"))) {
        one.report.message_id.clear();
      } else {
        one.invitation_id = message->invitation_id();
      }
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(database_.Read(find));
  std::erase_if(asked, [](const Asked& one) { return one.report.message_id.empty(); });
  std::ranges::stable_sort(asked, {}, [](const Asked& one) {
    return std::tie(one.invitation_id, one.report.message_id);
  });
  RETURN_IF_ERROR(ApplyAll(asked, response));
  return response;
}

absl::Status DeliveryService::ApplyAll(const std::vector<Asked>& asked,
                                       v1::ReportDeliveryResponse& response) {
  if (asked.empty()) return absl::OkStatus();
  return database_.WriteUnderLocks([&](Session& session) -> absl::Status {
    for (const Asked& one : asked) {
      ASSIGN_OR_RETURN(const DeliveryReports::Outcome outcome, reports_.Apply(session, one.report));
      response.mutable_results(one.index)->set_outcome(
          outcome == DeliveryReports::Outcome::kRecorded ? v1::DELIVERY_REPORT_OUTCOME_RECORDED
          : outcome == DeliveryReports::Outcome::kRepeated
              ? v1::DELIVERY_REPORT_OUTCOME_REPEATED
              : v1::DELIVERY_REPORT_OUTCOME_UNKNOWN_MESSAGE);
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::ListSuppressionsResponse> DeliveryService::ListSuppressions(
    rpc::Call&, const v1::ListSuppressionsRequest& request) {
  return database_.Read(
      [&](Session& session) { return stores_.suppressions.List(session, request); });
}

absl::StatusOr<v1::AddSuppressionResponse> DeliveryService::AddSuppression(
    rpc::Call& call, const v1::AddSuppressionRequest& request) {
  const v1::Suppression& wanted = request.suppression();
  if (const auto address = mail::ParseAddress(mail::NormalizeAddress(wanted.address()));
      !address.ok()) {
    return rpc::InvalidField("suppression.address", std::string(address.status().message()));
  }
  v1::AddSuppressionResponse response;
  const auto add = [&](Session& session) -> absl::Status {
    RETURN_IF_ERROR(stores_.suppressions.Add(session, wanted.address(), wanted.text(), clock_.Now(),
                                             v1::SUPPRESSION_REASON_ADDED, call.caller.subject));
    ASSIGN_OR_RETURN(const std::optional<v1::Suppression> stored,
                     stores_.suppressions.Find(session, wanted.address()));
    *response.mutable_suppression() = stored.value_or(v1::Suppression());
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(database_.Write(add));
  return response;
}

absl::StatusOr<v1::RemoveSuppressionResponse> DeliveryService::RemoveSuppression(
    rpc::Call&, const v1::RemoveSuppressionRequest& request) {
  ASSIGN_OR_RETURN(const bool removed, database_.Write([&](Session& session) {
    return stores_.suppressions.Remove(session, request.address());
  }));
  if (!removed) return absl::NotFoundError("got an address that is not suppressed");
  return v1::RemoveSuppressionResponse();
}

absl::StatusOr<v1::UnsubscribeResponse> DeliveryService::Unsubscribe(
    rpc::Call&, const v1::UnsubscribeRequest& request) {
  v1::UnsubscribeResponse response;
  if (!signature_.IsUnsubscribe(request.message(), request.signature())) return response;
  const auto suppress = [&](Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const std::optional<Message> message,
                     stores_.messages.Find(session, request.message()));
    if (!message.has_value() || message->recipient().empty()) return absl::OkStatus();
    return stores_.suppressions.Add(session, message->recipient(), "", clock_.Now(),
                                    v1::SUPPRESSION_REASON_UNSUBSCRIBED);
  };
  RETURN_IF_ERROR(database_.Write(suppress));
  return response;
}

}  // namespace portico::invitation

#include "services/invitation/delivery_report_store.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <utility>

#include "libs/base/status_macros.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;

DeliveryReportStore::DeliveryReportStore()
    : table_("delivery_report",
             {"time", "outcome", "reply_code", "enhanced_status", "reply", "source"}) {}

absl::StatusOr<bool> DeliveryReportStore::Add(Session& session, std::string_view message_id,
                                              std::string_view content_hash,
                                              const DeliveryAttempt& report) const {
  ASSIGN_OR_RETURN(
      const int64_t added,
      session.Execute(
          "insert into delivery_report (message_id, content_hash, time, outcome, reply_code, "
          "enhanced_status, reply, source) values (:message_id, :content_hash, :time, :outcome, "
          ":reply_code, :enhanced_status, :reply, :source) on conflict do nothing",
          message_id, content_hash, TimeUtil::TimestampToMicroseconds(report.time()),
          report.outcome(), report.reply_code(), report.enhanced_status(), report.reply(),
          report.source()));
  return added > 0;
}

absl::StatusOr<std::vector<DeliveryAttempt>> DeliveryReportStore::Of(
    Session& session, std::string_view message_id) const {
  return table_.List(session, "where message_id = :message_id order by time, content_hash",
                     message_id);
}

absl::StatusOr<std::vector<DeliveryAttempt>> DeliveryReportStore::OfInvitation(
    Session& session, std::string_view invitation_id) const {
  return table_.List(session,
                     "join message on message.id = delivery_report.message_id "
                     "where message.invitation_id = :invitation_id "
                     "order by delivery_report.time, delivery_report.content_hash",
                     invitation_id);
}

absl::Status DeliveryReportStore::Erase(Session& session, std::string_view contact_id) const {
  return session
      .Execute(
          "update delivery_report set reply = '' where message_id in "
          "(select id from message where contact_id = :contact_id)",
          contact_id)
      .status();
}

std::vector<DeliveryAttempt> History(std::vector<DeliveryAttempt> tries,
                                     std::vector<DeliveryAttempt> reports) {
  for (DeliveryAttempt& one : tries) {
    one.set_source(portico::invitation::v1::DELIVERY_SOURCE_SUBMISSION);
  }
  std::move(reports.begin(), reports.end(), std::back_inserter(tries));
  std::ranges::stable_sort(tries, [](const DeliveryAttempt& a, const DeliveryAttempt& b) {
    return a.time() < b.time();
  });
  return tries;
}

}  // namespace portico::invitation

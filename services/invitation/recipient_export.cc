#include "services/invitation/recipient_export.h"

#include <absl/strings/str_cat.h>

#include <string>
#include <string_view>

#include "google/api/httpbody.pb.h"
#include "libs/base/status_macros.h"

namespace portico::invitation {
namespace {

constexpr int64_t kPart = 1000;
constexpr char kHeader[] =
    "contact_id,name,email,account_id,account_number,account_name,group,will_be_mailed\r\n";

void AddCell(std::string& csv, std::string_view text) {
  // A spreadsheet takes such text for a formula.
  const bool is_formula =
      !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
  csv += '"';
  if (is_formula) csv += '\'';
  for (const char c : text) {
    if (c == '"') csv += '"';
    csv += c;
  }
  csv += '"';
}

// "NO_EMAIL" for RECIPIENT_GROUP_NO_EMAIL.
std::string NameOf(v1::RecipientGroup group) {
  constexpr std::string_view kPrefix = "RECIPIENT_GROUP_";
  return v1::RecipientGroup_Name(group).substr(kPrefix.size());
}

}  // namespace

absl::StatusOr<rpc::StreamSource::Next> RecipientExport::Pull(google::protobuf::Message& message) {
  if (!next_.has_value()) return Next::kEnd;
  ASSIGN_OR_RETURN(const RecipientGroups::Page page, database_.Read([&](storage::Session& session) {
    return groups_.List(session, choice_, *next_, kPart);
  }));
  next_ = page.next;
  std::string csv = begun_ ? "" : kHeader;
  begun_ = true;
  for (const v1::CountedRecipient& one : page.recipients) {
    for (const std::string& text : {one.contact_id(), one.display_name(), one.email(),
                                    one.account_id(), one.account_number(),
                                    one.account_display_name(), NameOf(one.group())}) {
      AddCell(csv, text);
      csv += ',';
    }
    absl::StrAppend(&csv, one.will_be_mailed() ? "yes" : "no", "\r\n");
  }
  auto& body = static_cast<google::api::HttpBody&>(message);
  body.set_content_type("text/csv; charset=utf-8");
  body.set_data(std::move(csv));
  return Next::kMessage;
}

std::unique_ptr<google::protobuf::Message> RecipientExport::NewMessage() const {
  return std::make_unique<google::api::HttpBody>();
}

}  // namespace portico::invitation

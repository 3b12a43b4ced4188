#include "services/invitation/bulk_creation.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <array>
#include <set>

#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "services/invitation/default_template.h"
#include "services/invitation/template_text.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

namespace {

constexpr char kCreateBulkSend[] = "CreateBulkSend";

void Unique(google::protobuf::RepeatedPtrField<std::string>& ids) {
  const std::set<std::string> unique(ids.begin(), ids.end());
  ids.Clear();
  for (const std::string& id : unique) *ids.Add() = id;
}

bool HasOwnTexts(const BulkSend& bulk) {
  return !bulk.subject().empty() || !bulk.html_body().empty() || !bulk.text_body().empty();
}

}  // namespace

absl::StatusOr<BulkSend> BulkCreation::Create(const CreateBulkSendRequest& request,
                                              const std::string& creator) const {
  BulkSend bulk = request.bulk_send();
  RETURN_IF_ERROR(Check(bulk));
  Unique(*bulk.mutable_contact_ids());
  Unique(*bulk.mutable_excluded_contact_ids());
  const absl::Time now = clock_.Now();
  bulk.set_id(NewId(IdKind::kBulkSend, now));
  bulk.set_sender_email(mail::NormalizeAddress(bulk.sender_email()));
  bulk.set_state(BULK_SEND_STATE_GATHERING);
  bulk.set_created_by(creator);
  *bulk.mutable_create_time() = TimeUtil::MicrosecondsToTimestamp(ToMicros(now));
  bulk.set_etag(rpc::NextEtag(""));
  CreateBulkSendRequest content = request;
  content.clear_validate_only();
  const std::string fingerprint = storage::Fingerprint(content);

  std::string id = bulk.id();
  const absl::Status made = database_.Write([&](Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const Texts texts, ChooseTexts(session, bulk));
    ASSIGN_OR_RETURN(const std::optional<std::string> before,
                     requests_.Claim(session, kCreateBulkSend, request.request_id(), fingerprint,
                                     bulk.id()));
    if (before.has_value()) {
      id = *before;
      return absl::OkStatus();
    }
    if (texts.own.has_value()) {
      RETURN_IF_ERROR(stores_.templates.InsertTexts(session, bulk.id(), *texts.own));
    }
    RETURN_IF_ERROR(stores_.bulk_sends.Insert(session, bulk, texts.version));
    return request.validate_only() ? absl::CancelledError("it was only to be validated")
                                   : absl::OkStatus();
  });
  bulk.clear_contact_ids();
  bulk.clear_excluded_contact_ids();
  if (request.validate_only() && absl::IsCancelled(made)) {
    bulk.clear_id();
    bulk.clear_etag();
    return bulk;
  }
  RETURN_IF_ERROR(made);
  gather_.Raise();
  return database_.Read([&](Session& session) -> absl::StatusOr<BulkSend> {
    ASSIGN_OR_RETURN(std::optional<BulkSend> stored, stores_.bulk_sends.Find(session, id));
    if (!stored.has_value()) return absl::NotFoundError("the bulk send is gone");
    ASSIGN_OR_RETURN(*stored->mutable_progress(), stores_.bulk_sends.Progress(session, *stored));
    return *std::move(stored);
  });
}

absl::Status BulkCreation::Check(const BulkSend& bulk) const {
  rpc::FieldErrors errors;
  if (bulk.has_filter() == !bulk.contact_ids().empty()) {
    errors.Add("bulk_send.contact_ids", bulk.has_filter()
                                            ? "got contacts and a filter, want one of them"
                                            : "got neither contacts nor a filter, want one of them");
  }
  if (bulk.general() && bulk.has_filter()) {
    errors.Add("bulk_send.filter", "got one for a general e-mail, want chosen contacts");
  }
  if (!bulk.has_filter() && !bulk.excluded_contact_ids().empty()) {
    errors.Add("bulk_send.excluded_contact_ids", "got some without a filter, want none");
  }
  if (!bulk.sender_email().empty()) {
    const std::string sender = mail::NormalizeAddress(bulk.sender_email());
    if (!mail::IsValidAddress(sender)) {
      errors.Add("bulk_send.sender_email", absl::StrCat("got ", rpc::Quoted(bulk.sender_email()),
                                                        ", want an e-mail address"));
    } else if (!senders_.IsAllowedSender(sender)) {
      errors.Add("bulk_send.sender_email",
                 absl::StrCat("got ", rpc::Quoted(bulk.sender_email()),
                              ", want an address of a domain that mail may come from"));
    }
  }
  return errors.ToStatus();
}

absl::StatusOr<BulkCreation::Texts> BulkCreation::ChooseTexts(Session& session,
                                                              const BulkSend& bulk) const {
  const std::string& template_id = bulk.template_id();
  std::optional<Template> chosen;
  if (!template_id.empty()) {
    ASSIGN_OR_RETURN(chosen, stores_.templates.Find(session, template_id));
    if (!chosen.has_value()) {
      return absl::NotFoundError(absl::StrCat("bulk_send.template_id: got ",
                                              rpc::Quoted(template_id), ", which does not exist"));
    }
  } else if (!bulk.general()) {
    ASSIGN_OR_RETURN(const account::v1::PortalOptions options,
                     stores_.accounts.FindOptions(session));
    const std::array<std::string_view, 2> choice = {options.invitation_template_id(),
                                                    kDefaultTemplateId};
    ASSIGN_OR_RETURN(chosen, stores_.templates.FirstUsable(session, choice,
                                                           bulk.filter().division_id(),
                                                           TEMPLATE_KIND_INVITATION));
  }
  rpc::FieldErrors errors;
  if (chosen.has_value() && !template_id.empty()) {
    const auto& divisions = chosen->division_ids();
    const bool fits_division =
        !bulk.has_filter() || divisions.empty() ||
        std::ranges::count(divisions, bulk.filter().division_id()) > 0;
    const TemplateKind wanted =
        bulk.general() ? TEMPLATE_KIND_GENERAL : TEMPLATE_KIND_INVITATION;
    if (chosen->kind() != wanted || !fits_division) {
      return rpc::InvalidField(
          "bulk_send.template_id",
          absl::StrCat("got ", rpc::Quoted(template_id), ", want a template ",
                       bulk.general() ? "of a general e-mail" : "of an invitation",
                       " for the division"));
    }
  }
  if (!HasOwnTexts(bulk)) {
    if (!chosen.has_value()) {
      return rpc::InvalidField("bulk_send.template_id",
                               "got none, want a template or a subject and a body");
    }
    return Texts{.version = {.template_id = chosen->id(), .version = chosen->version()},
                 .own = std::nullopt};
  }
  Template text = chosen.value_or(Template());
  if (!chosen.has_value()) text.set_kind(TEMPLATE_KIND_GENERAL);
  if (!bulk.subject().empty()) text.set_subject(bulk.subject());
  if (!bulk.html_body().empty()) {
    text.set_html_body(bulk.html_body());
    text.clear_text_body();
  }
  if (!bulk.text_body().empty()) text.set_text_body(bulk.text_body());
  if (text.subject().empty()) errors.Add("bulk_send.subject", "got none, want one");
  if (text.html_body().empty()) errors.Add("bulk_send.html_body", "got none, want one");
  RETURN_IF_ERROR(errors.ToStatus());
  CheckedText checked = CheckText(
      text.kind(),
      {.subject = text.subject(), .html_body = text.html_body(), .text_body = text.text_body()},
      text.locale(), "bulk_send.", errors);
  RETURN_IF_ERROR(errors.ToStatus());
  return Texts{.version = {.template_id = bulk.id(), .version = 1},
               .own = std::move(checked.text)};
}

}  // namespace portico::invitation

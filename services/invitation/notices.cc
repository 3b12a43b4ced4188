#include "services/invitation/notices.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/rpc/errors.h"
#include "services/invitation/default_template.h"
#include "services/invitation/template_kinds.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;
using namespace portico::invitation::v1;  // The kinds' names.

namespace {

constexpr char kEnqueueMessage[] = "EnqueueMessage";

// What this service knows itself.
constexpr std::array kOwn = {kContactName, kAccountName, kAccountNumber, kDivisionName,
                             kPortalAddress};

// Moves the values of `given` to `values`, where the kind has them.
template <class List>
void Take(TemplateKind kind, const List& given, bool secret, const char* field,
          PlaceholderValues& values, rpc::FieldErrors& errors) {
  const auto known = PlaceholdersOf(kind);
  for (int i = 0; i < given.size(); ++i) {
    const std::string& name = given[i].name();
    const auto found = std::ranges::find(known, name, &Placeholder::name);
    const bool is_own = std::ranges::find(kOwn, name) != kOwn.end();
    if (found == known.end() || found->is_secret != secret || is_own) {
      errors.Add(
          absl::StrCat(field, "[", i, "].name"),
          absl::StrCat("got ", rpc::Quoted(name), ", want a placeholder of the kind that is ",
                       secret ? "secret" : "not secret"));
    } else if (!values.emplace(name, given[i].value()).second) {
      errors.Add(absl::StrCat(field, "[", i, "].name"),
                 absl::StrCat("got ", rpc::Quoted(name), " twice"));
    }
  }
}

absl::Status Check(const EnqueueMessageRequest& request, PlaceholderValues& values,
                   PlaceholderValues& secrets) {
  rpc::FieldErrors errors;
  const TemplateKind kind = request.kind();
  if (PlaceholdersOf(kind).empty() || IsInvitationKind(kind) || kind == TEMPLATE_KIND_GENERAL) {
    errors.Add("kind", "got one that is no notice's, want such as TEMPLATE_KIND_PASSWORD_RESET");
    return errors.ToStatus();
  }
  if (!mail::IsValidAddress(mail::NormalizeAddress(request.recipient()))) {
    errors.Add("recipient", "got no address, want an e-mail address");
  }
  Take(kind, request.values(), /*secret=*/false, "values", values, errors);
  Take(kind, request.secrets(), /*secret=*/true, "secrets", secrets, errors);
  for (const Placeholder& placeholder : PlaceholdersOf(kind)) {
    if (placeholder.is_secret && !secrets.contains(placeholder.name)) {
      errors.Add("secrets", absl::StrCat("got no ", std::string(placeholder.name), ", want it"));
    }
  }
  return errors.ToStatus();
}

}  // namespace

absl::StatusOr<std::string> Notices::Enqueue(const EnqueueMessageRequest& request) {
  PlaceholderValues values, secrets;
  RETURN_IF_ERROR(Check(request, values, secrets));
  std::set<std::string> accounts;
  if (!request.account_id().empty()) accounts.insert(request.account_id());
  ASSIGN_OR_RETURN(const Facts facts, facts_.Accounts(accounts));
  const AccountFacts* const account = facts.Find(request.account_id());

  const absl::Time now = clock_.Now();
  OutgoingMail mail;
  Message& message = mail.message;
  message.set_id(NewId(IdKind::kMessage, now));
  message.set_kind(MESSAGE_KIND_NOTICE);
  message.set_contact_id(request.contact_id());
  message.set_account_id(request.account_id());
  message.set_recipient(mail::NormalizeAddress(request.recipient()));
  message.set_sender(account == nullptr ? facts.sender : account->sender.address);
  message.set_message_id(MessageIdHeader(message.id(), message.sender()));
  message.set_state(MESSAGE_STATE_WAITING);
  *message.mutable_create_time() = TimeUtil::MicrosecondsToTimestamp(ToMicros(now));
  *message.mutable_due_time() = message.create_time();

  values[std::string(kContactName)] = request.recipient_name();
  values[std::string(kPortalAddress)] = facts.portal_url;
  if (account != nullptr) {
    mail.content.sender_name = account->sender.display_name;
    values[std::string(kAccountName)] = account->name;
    values[std::string(kAccountNumber)] = account->number;
    values[std::string(kDivisionName)] = account->division_name;
  }
  mail.content.portal_url = facts.portal_url;
  if (!secrets.empty()) {
    mail.content.sealed_token = sealer_.Seal(Secret(SecretsText(secrets)), message.id());
  }
  EnqueueMessageRequest content = request;
  content.clear_secrets();  // What was drawn anew for a repeated call makes it no other.
  const std::string fingerprint = storage::Fingerprint(content);
  const std::string default_id = DefaultTemplateId(request.kind());
  const std::array<std::string_view, 2> choice = {request.template_id(), default_id};
  return database_.Write([&](Session& session) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(
        const std::optional<std::string> made,
        requests_.Claim(session, kEnqueueMessage, request.request_id(), fingerprint, message.id()));
    if (made.has_value()) return *made;
    ASSIGN_OR_RETURN(
        const std::optional<Template> text,
        stores_.templates.FirstUsable(
            session, choice, account == nullptr ? "" : account->division_id, request.kind()));
    if (!text.has_value()) return absl::InternalError("the default template is gone");
    OutgoingMail queued = mail;
    queued.content.template_id = text->id();
    queued.content.template_version = text->version();
    queued.content.values = values;
    queued.message.set_subject(RenderSubject(text->subject(), values));
    RETURN_IF_ERROR(stores_.messages.Insert(session, queued));
    return message.id();
  });
}

std::string SecretsText(const PlaceholderValues& secrets) {
  using nlohmann::json;
  return json(secrets).dump(-1, ' ', false, json::error_handler_t::replace);
}

PlaceholderValues SecretsIn(const std::string& text) {
  PlaceholderValues secrets;
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return secrets;
  for (const auto& [name, value] : json.items()) {
    if (value.is_string()) secrets[name] = value.get<std::string>();
  }
  return secrets;
}

}  // namespace portico::invitation

#include "services/invitation/template_preview.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/mail/html_text.h"
#include "libs/rpc/errors.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;
using namespace portico::invitation::v1;

namespace {

constexpr char kSendTestMessage[] = "SendTestMessage";

// Puts it where the kind has the placeholder.
void Set(PlaceholderValues& values, std::string_view name, const std::string& value) {
  const auto found = values.find(name);
  if (found != values.end()) found->second = value;
}

// A link as a mail has it, but for its token.
void SetPortal(PlaceholderValues& values, const std::string& portal_url) {
  if (portal_url.empty()) return;
  const std::string no_token = "#token=EXAMPLE-NOT-A-REAL-LINK";
  Set(values, kCustomerPortalLink, absl::StrCat(portal_url, "/accept", no_token));
  Set(values, kPasswordResetLink, absl::StrCat(portal_url, "/reset", no_token));
  Set(values, kPortalAddress, portal_url);
}

// A message that is only validated is none that can be asked for.
Message WithoutIds(Message message) {
  message.clear_id();
  message.clear_message_id();
  return message;
}

}  // namespace

absl::StatusOr<PreviewTemplateResponse> TemplatePreview::Show(
    const PreviewTemplateRequest& request) {
  Template text;
  if (!request.id().empty()) {
    ASSIGN_OR_RETURN(text, Find(request.id()));
  }
  if (request.kind() != TEMPLATE_KIND_UNSPECIFIED) text.set_kind(request.kind());
  if (request.has_locale()) text.set_locale(request.locale());
  if (request.has_subject()) text.set_subject(request.subject());
  if (request.has_html_body()) text.set_html_body(request.html_body());
  if (request.has_text_body()) text.set_text_body(request.text_body());
  if (PlaceholdersOf(text.kind()).empty()) {
    return rpc::InvalidField("kind", absl::StrCat("got ", static_cast<int>(text.kind()),
                                                  ", want a kind, or the id of a template"));
  }

  PreviewTemplateResponse response;
  rpc::FieldErrors errors;
  CheckTemplate(text, errors);
  constexpr std::string_view kPrefix = "template.";
  for (const rpc::FieldViolation& violation : rpc::ViolationsOf(errors.ToStatus())) {
    TemplateProblem& problem = *response.add_problems();
    problem.set_field(violation.field.substr(kPrefix.size()));
    problem.set_description(violation.description);
  }
  ASSIGN_OR_RETURN(const Addressee addressee, Address(text, request.contact_id(), false));
  TemplateText rendered =
      Render({text.subject(), text.html_body(), text.text_body()}, addressee.values);
  response.set_subject(std::move(rendered.subject));
  response.set_html_body(std::move(rendered.html_body));
  response.set_text_body(std::move(rendered.text_body));
  *response.mutable_removed() = text.removed();
  return response;
}

absl::StatusOr<Message> TemplatePreview::SendTest(const SendTestMessageRequest& request) {
  const std::string recipient = mail::NormalizeAddress(request.recipient());
  if (!mail::IsValidAddress(recipient)) {
    return rpc::InvalidField("recipient", absl::StrCat("got ", rpc::Quoted(request.recipient()),
                                                       ", want an e-mail address"));
  }
  ASSIGN_OR_RETURN(const Template text, Find(request.id()));
  ASSIGN_OR_RETURN(Addressee addressee, Address(text, request.contact_id(), true));

  const absl::Time now = clock_.Now();
  OutgoingMail mail{.content = {.sender_name = addressee.sender.display_name,
                                .template_id = text.id(),
                                .template_version = text.version(),
                                .values = std::move(addressee.values)}};
  Message& message = mail.message;
  message.set_id(NewId(IdKind::kMessage, now));
  message.set_kind(MESSAGE_KIND_TEST);
  // So that what it tells of the contact goes when that is erased.
  message.set_contact_id(request.contact_id());
  message.set_recipient(recipient);
  message.set_sender(addressee.sender.address);
  message.set_subject(RenderSubject(text.subject(), mail.content.values));
  message.set_message_id(MessageIdHeader(message.id(), message.sender()));
  message.set_state(MESSAGE_STATE_WAITING);
  *message.mutable_create_time() = TimeUtil::MicrosecondsToTimestamp(ToMicros(now));
  *message.mutable_due_time() = message.create_time();
  return Queue(request, mail);
}

absl::StatusOr<Message> TemplatePreview::Queue(const SendTestMessageRequest& request,
                                               const OutgoingMail& mail) {
  SendTestMessageRequest content = request;
  content.clear_validate_only();  // The same call, whether it is done or only tried.
  const std::string fingerprint = storage::Fingerprint(content);
  if (request.validate_only()) {
    RETURN_IF_ERROR(database_.Read([&](Session& session) {
      return requests_.Find(session, kSendTestMessage, request.request_id(), fingerprint).status();
    }));
    return WithoutIds(mail.message);
  }
  return database_.Write([&](Session& session) -> absl::StatusOr<Message> {
    ASSIGN_OR_RETURN(const std::optional<std::string> made,
                     requests_.Claim(session, kSendTestMessage, request.request_id(), fingerprint,
                                     mail.message.id()));
    if (made.has_value()) {
      ASSIGN_OR_RETURN(const std::optional<Message> message, messages_.Find(session, *made));
      return message.value_or(mail.message);
    }
    RETURN_IF_ERROR(messages_.Insert(session, mail));
    return mail.message;
  });
}

absl::StatusOr<Template> TemplatePreview::Find(const std::string& id) {
  ASSIGN_OR_RETURN(const std::optional<Template> found,
                   database_.Read([&](Session& session) { return templates_.Find(session, id); }));
  if (found.has_value()) return *found;
  return NoSuchTemplate(id);
}

absl::StatusOr<TemplatePreview::Addressee> TemplatePreview::Address(const Template& text,
                                                                    const std::string& contact_id,
                                                                    bool needs_sender) {
  Addressee addressee;
  for (const Placeholder& placeholder : PlaceholdersOf(text.kind())) {
    addressee.values.emplace(placeholder.name, placeholder.sample);
  }
  if (contact_id.empty() && !needs_sender) return addressee;

  std::string account_id;
  if (!contact_id.empty()) {
    ASSIGN_OR_RETURN(const auto contact, facts_.Contact(contact_id));
    Set(addressee.values, kContactName, contact.name().display());
    account_id = contact.account_id();
  }
  ASSIGN_OR_RETURN(const Facts facts,
                   facts_.Accounts(account_id.empty() ? std::set<std::string>()
                                                      : std::set<std::string>{account_id}));
  SetPortal(addressee.values, facts.portal_url);
  Set(addressee.values, kExpiryDate, DateText(clock_.Now() + facts.terms.lifetime, text.locale()));
  addressee.sender.address = facts.sender;
  if (const AccountFacts* const account = facts.Find(account_id)) {
    Set(addressee.values, kAccountName, account->name);
    Set(addressee.values, kAccountNumber, account->number);
    Set(addressee.values, kDivisionName, account->division_name);
    addressee.sender = account->sender;
  }
  return addressee;
}

}  // namespace portico::invitation

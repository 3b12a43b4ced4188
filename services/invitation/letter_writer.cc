#include "services/invitation/letter_writer.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <optional>

#include "libs/base/status_macros.h"
#include "libs/mail/html_text.h"
#include "libs/mail/message.h"
#include "services/invitation/notices.h"

namespace portico::invitation {

using storage::Session;

namespace {

// As many as the bulk sends that go on at once may use, and some more.
constexpr size_t kMostForms = 64;

// Whether it goes to many, or again to one, unasked: who gets it must be able to stop more.
bool IsUnasked(const Message& message) {
  return !message.bulk_send_id().empty() ||
         message.kind() == portico::invitation::v1::MESSAGE_KIND_REMINDER;
}

mail::FormLetter::Body BodyOf(const std::string& text, std::vector<std::string>& placeholders) {
  mail::FormLetter::Body body;
  for (TextPiece& piece : TakeApart(text)) {
    mail::FormLetter::Piece& added = body.emplace_back();
    added.text = std::move(piece.text);
    if (piece.placeholder.empty()) continue;
    const auto known = std::ranges::find(placeholders, piece.placeholder);
    added.value = static_cast<size_t>(known - placeholders.begin());
    if (known == placeholders.end()) placeholders.push_back(std::move(piece.placeholder));
  }
  return body;
}

}  // namespace

absl::StatusOr<Letter> LetterWriter::Write(const OutgoingMail& mail) {
  const Message& message = mail.message;
  const MailContent& content = mail.content;
  ASSIGN_OR_RETURN(const std::shared_ptr<const Form> form, FormOf(content));
  const auto name = content.values.find(kContactName);
  if (name == content.values.end()) return absl::DataLossError("the values cannot be read");
  PlaceholderValues values = content.values;
  RETURN_IF_ERROR(AddSecrets(mail, values));
  std::vector<std::string> by_number;
  by_number.reserve(form->placeholders.size());
  for (const std::string& placeholder : form->placeholders) {
    by_number.push_back(std::move(values[placeholder]));
  }

  mail::MessageHead head{.from = {mail::HeaderValue(content.sender_name), message.sender()},
                         .to = {mail::HeaderValue(name->second), message.recipient()},
                         .subject = message.subject(),
                         .message_id = message.message_id(),
                         .date = clock_.Now()};
  if (IsUnasked(message)) {
    head.extra = {
        {"List-Unsubscribe",
         absl::StrCat("<", signature_.UnsubscribeUrl(content.portal_url, message.id()), ">")},
        {"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"}};
  }
  ASSIGN_OR_RETURN(std::string bytes, mail::Compose(head, form->letter, by_number));
  return Letter{
      .envelope = {.sender = signature_.EnvelopeSender(message), .recipient = message.recipient()},
      .bytes = std::move(bytes)};
}

absl::Status LetterWriter::AddSecrets(const OutgoingMail& mail, PlaceholderValues& values) const {
  if (mail.content.sealed_token.empty()) {
    return CarriesLink(mail.message) ? absl::DataLossError("the link's token is gone")
                                     : absl::OkStatus();
  }
  const absl::StatusOr<Secret> token = sealer_.Open(mail.content.sealed_token, mail.message.id());
  if (!token.ok()) return absl::FailedPreconditionError(token.status().message());
  if (!CarriesLink(mail.message)) {
    for (auto& [name, value] : SecretsIn(token->Reveal())) values[name] = value;
    return absl::OkStatus();
  }
  // In the fragment, so that the token reaches no server's log.
  values[std::string(kCustomerPortalLink)] =
      absl::StrCat(mail.content.portal_url, "/accept#token=", token->Reveal());
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const LetterWriter::Form>> LetterWriter::FormOf(
    const MailContent& content) {
  const Version version(content.template_id, content.template_version);
  {
    absl::MutexLock lock(&mutex_);
    if (const auto known = forms_.find(version); known != forms_.end()) return known->second;
  }
  ASSIGN_OR_RETURN(const std::optional<TemplateText> text, database_.Read([&](Session& session) {
    return templates_.Text(session, content.template_id, content.template_version);
  }));
  if (!text.has_value()) return absl::NotFoundError("the template's version is gone");
  ASSIGN_OR_RETURN(std::shared_ptr<const Form> form, Prepare(*text));
  absl::MutexLock lock(&mutex_);
  if (forms_.emplace(version, form).second) oldest_first_.push_back(version);
  if (oldest_first_.size() > kMostForms) {
    forms_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  return form;
}

absl::StatusOr<std::shared_ptr<const LetterWriter::Form>> LetterWriter::Prepare(
    const TemplateText& text) {
  std::vector<std::string> placeholders;
  const mail::FormLetter::Body text_body = BodyOf(
      text.text_body.empty() ? mail::TextFromHtml(text.html_body) : text.text_body, placeholders);
  const mail::FormLetter::Body html_body = BodyOf(text.html_body, placeholders);
  ASSIGN_OR_RETURN(mail::FormLetter letter, mail::FormLetter::Prepare(text_body, html_body));
  return std::make_shared<const Form>(Form{std::move(letter), std::move(placeholders)});
}

}  // namespace portico::invitation

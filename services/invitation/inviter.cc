#include "services/invitation/inviter.h"

#include <absl/strings/str_cat.h>
#include <absl/time/time.h>
#include <google/protobuf/util/time_util.h>

#include <array>

#include "libs/auth/opaque_token.h"
#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "services/invitation/default_template.h"
#include "services/invitation/reminder_plan.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

namespace {

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return TimeUtil::MicrosecondsToTimestamp(ToMicros(time));
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& time) {
  return FromMicros(TimeUtil::TimestampToMicroseconds(time));
}

}  // namespace

Draft Inviter::NewDraft() const {
  const absl::Time now = clock_.Now();
  const auth::OpaqueToken token = auth::NewOpaqueToken();
  const std::string message_id = NewId(IdKind::kMessage, now);
  return {.invitation_id = NewId(IdKind::kInvitation, now),
          .message_id = message_id,
          .token_hash = token.hash,
          .sealed_token = sealer_.Seal(token.token, message_id),
          .token = token.token};
}

absl::StatusOr<std::optional<Invitation>> Inviter::FindLive(Session& session,
                                                            std::string_view contact_id) const {
  ASSIGN_OR_RETURN(std::optional<Invitation> live,
                   stores_.invitations.FindLive(session, contact_id));
  if (live.has_value() && IsPastExpiry(*live, clock_.Now())) {
    RETURN_IF_ERROR(Expire(session, *live));
    return std::nullopt;
  }
  return live;
}

namespace {

Conditions ConditionsOf(const Recipient& recipient, const AccountFacts* account, bool invited,
                        bool suppressed) {
  Conditions conditions{.is_portal_user = recipient.is_portal_user(),
                        .has_live_invitation = invited,
                        .account_exists = account != nullptr,
                        .contact_access_enabled = recipient.access_enabled,
                        .email = recipient.email,
                        .email_suppressed = suppressed};
  if (account != nullptr) {
    conditions.account_active = account->active;
    conditions.class_portal_enabled = account->class_portal_enabled;
    conditions.class_auto_send = account->class_auto_send;
  }
  return conditions;
}

}  // namespace

absl::StatusOr<DecisionReason> Inviter::Judge(Session& session, const Recipient& recipient,
                                              const AccountFacts* account, Trigger trigger,
                                              std::string_view resent) const {
  ASSIGN_OR_RETURN(const std::optional<Invitation> live, FindLive(session, recipient.contact_id));
  ASSIGN_OR_RETURN(const bool suppressed,
                   stores_.suppressions.IsSuppressed(session, recipient.email));
  const bool invited = live.has_value() && live->id() != resent;
  return Decide(ConditionsOf(recipient, account, invited, suppressed), trigger);
}

DecisionReason Inviter::JudgeUninvited(const Recipient& recipient, const AccountFacts* account,
                                       Trigger trigger, bool suppressed) {
  return Decide(ConditionsOf(recipient, account, false, suppressed), trigger);
}

DecisionReason Inviter::JudgeLetter(const Recipient& recipient, bool suppressed) {
  Conditions conditions{.account_exists = !recipient.is_gone,
                        .account_active = true,
                        .class_portal_enabled = true,
                        .contact_access_enabled = true,
                        .email = recipient.email,
                        .email_suppressed = suppressed};
  return Decide(conditions, Trigger::kStaff);
}

absl::StatusOr<Invitation> Inviter::Invite(Session& session, const Recipient& recipient,
                                           const Facts& facts, const AccountFacts& account,
                                           InvitationOrigin origin, const Draft& draft,
                                           std::string_view template_id) const {
  ASSIGN_OR_RETURN(Letter letter, WriteLetter(session, facts, account, template_id));
  return Invite(session, recipient, facts.terms, origin, draft, std::move(letter));
}

absl::StatusOr<Invitation> Inviter::Invite(Session& session, const Recipient& recipient,
                                           const InvitationTerms& terms, InvitationOrigin origin,
                                           const Draft& draft, Letter letter) const {
  ASSIGN_OR_RETURN(Invitation invitation,
                   NextInvitation(session, recipient, terms, origin, draft));
  RETURN_IF_ERROR(InsertInvitation(session, invitation, draft));
  RETURN_IF_ERROR(QueueMail(session, invitation, recipient, std::move(letter), draft));
  return invitation;
}

absl::StatusOr<Invitation> Inviter::Resend(Session& session, Invitation invitation,
                                           const Recipient& recipient, const Facts& facts,
                                           const AccountFacts& account, const Draft& draft) const {
  ASSIGN_OR_RETURN(Letter letter, WriteLetter(session, facts, account, ""));
  return Resend(session, std::move(invitation), recipient, facts.terms, draft,
                std::move(letter));
}

absl::StatusOr<Invitation> Inviter::Resend(Session& session, Invitation invitation,
                                           const Recipient& recipient,
                                           const InvitationTerms& terms, const Draft& draft,
                                           Letter letter) const {
  const absl::Time now = clock_.Now();
  invitation.set_email(recipient.email);
  invitation.set_state(INVITATION_STATE_PENDING);
  *invitation.mutable_expire_time() = ToTimestamp(now + terms.lifetime);
  invitation.clear_hand_over_time();
  PlanReminders(invitation, terms.reminders, now);
  RETURN_IF_ERROR(stores_.invitations.Save(session, invitation));
  RETURN_IF_ERROR(stores_.invitations.ReplaceToken(session, invitation.id(), draft.token_hash));
  RETURN_IF_ERROR(stores_.messages.Cancel(session, invitation.id(), kInvitationResent, now));
  RETURN_IF_ERROR(stores_.invitations.KillOldLinks(session, recipient.contact_id));
  RETURN_IF_ERROR(QueueMail(session, invitation, recipient, std::move(letter), draft));
  return invitation;
}

absl::StatusOr<Invitation> Inviter::HandOver(Session& session,
                                             const std::optional<Invitation>& live,
                                             const Recipient& recipient, const Facts& facts,
                                             InvitationOrigin origin, const Draft& draft) const {
  const absl::Time now = clock_.Now();
  Invitation invitation;
  if (live.has_value()) {
    invitation = *live;
    *invitation.mutable_expire_time() = ToTimestamp(now + facts.terms.lifetime);
  } else {
    ASSIGN_OR_RETURN(invitation, NextInvitation(session, recipient, facts.terms, origin, draft));
  }
  invitation.set_state(INVITATION_STATE_DELIVERED);
  *invitation.mutable_hand_over_time() = ToTimestamp(now);
  StopReminders(invitation);
  if (!live.has_value()) {
    RETURN_IF_ERROR(InsertInvitation(session, invitation, draft));
    return invitation;
  }
  RETURN_IF_ERROR(stores_.invitations.Save(session, invitation));
  RETURN_IF_ERROR(stores_.invitations.ReplaceToken(session, invitation.id(), draft.token_hash));
  RETURN_IF_ERROR(stores_.messages.Cancel(session, invitation.id(), kLinkHandedOver, now));
  RETURN_IF_ERROR(stores_.invitations.KillOldLinks(session, recipient.contact_id));
  return invitation;
}

absl::Status Inviter::Remind(Session& session, const Invitation& invitation,
                             const Recipient& recipient, const Facts& facts,
                             const AccountFacts& account, const Draft& draft) const {
  ASSIGN_OR_RETURN(Letter letter, WriteReminder(session, facts, account));
  RETURN_IF_ERROR(stores_.invitations.AddToken(session, invitation.id(), draft.token_hash));
  return QueueMail(session, invitation, recipient, std::move(letter), draft);
}

absl::Status Inviter::Revoke(Session& session, Invitation& invitation, std::string_view reason,
                             std::string_view cancel_reason) const {
  const absl::Time now = clock_.Now();
  invitation.set_state(INVITATION_STATE_REVOKED);
  *invitation.mutable_revoke_time() = ToTimestamp(now);
  invitation.set_revoke_reason(std::string(reason));
  RETURN_IF_ERROR(stores_.invitations.Save(session, invitation));
  return stores_.messages.Cancel(session, invitation.id(), cancel_reason, now);
}

absl::Status Inviter::Expire(Session& session, Invitation& invitation) const {
  invitation.set_state(INVITATION_STATE_EXPIRED);
  RETURN_IF_ERROR(stores_.invitations.Save(session, invitation));
  return stores_.messages.Cancel(session, invitation.id(), kInvitationExpired, clock_.Now());
}

absl::Status Inviter::Reconcile(Session& session, const Recipient& recipient, const Draft& draft,
                                const char* off) const {
  ASSIGN_OR_RETURN(std::optional<Invitation> live, FindLive(session, recipient.contact_id));
  const char* forbidden = !recipient.access_enabled    ? off
                          : recipient.is_portal_user() ? kAlreadyPortalUser
                                                       : nullptr;
  RETURN_IF_ERROR(stores_.invitations.KillOldLinks(session, recipient.contact_id,
                                                   forbidden == nullptr ? recipient.email : ""));
  if (!live.has_value()) return absl::OkStatus();
  if (forbidden != nullptr) return Revoke(session, *live, forbidden, forbidden);
  if (mail::AddressKey(live->email()) == mail::AddressKey(recipient.email)) {
    return absl::OkStatus();
  }
  return ChangeAddress(session, *live, recipient, draft);
}

absl::Status Inviter::ChangeAddress(Session& session, Invitation& invitation,
                                    const Recipient& recipient, const Draft& draft) const {
  ASSIGN_OR_RETURN(std::optional<OutgoingMail> waiting,
                   stores_.messages.FindWaiting(session, invitation.id()));
  std::optional<Letter> letter;
  if (waiting.has_value()) {
    MailContent& content = waiting->content;
    ASSIGN_OR_RETURN(
        const std::optional<TemplateText> text,
        stores_.templates.Text(session, content.template_id, content.template_version));
    letter = Letter{
        .sender = {.display_name = content.sender_name, .address = waiting->message.sender()},
        .subject = text.value_or(TemplateText()).subject,
        .content = std::move(content),
        // A reminder is all that a new invitation has, so it tells of that as its first mail.
        .kind = CarriesLink(waiting->message) ? MESSAGE_KIND_INVITATION : waiting->message.kind(),
        .lane = waiting->lane,
        .bulk_send_id = waiting->message.bulk_send_id(),
        .bulk_number = waiting->bulk_number};
  }
  RETURN_IF_ERROR(Revoke(session, invitation, kEmailChanged, kEmailChanged));
  ASSIGN_OR_RETURN(const bool suppressed,
                   stores_.suppressions.IsSuppressed(session, recipient.email));
  if (!letter.has_value() || suppressed || !mail::IsValidAddress(recipient.email)) {
    return absl::OkStatus();
  }
  if (letter->bulk_number > 0) {
    RETURN_IF_ERROR(stores_.messages.LeaveBulk(session, waiting->message.id()));
    RETURN_IF_ERROR(stores_.ledger.ReplaceMail(session, letter->bulk_send_id, letter->bulk_number,
                                               draft.message_id));
  }
  // What is left of it; it was not over a moment ago, or it would not be live.
  InvitationTerms terms{.lifetime = FromTimestamp(invitation.expire_time()) - clock_.Now()};
  for (const auto& after : invitation.reminder_schedule()) {
    terms.reminders.push_back(absl::Seconds(after.seconds()));
  }
  ASSIGN_OR_RETURN(Invitation next,
                   NextInvitation(session, recipient, terms, invitation.origin(), draft));
  RETURN_IF_ERROR(InsertInvitation(session, next, draft));
  return QueueMail(session, next, recipient, *std::move(letter), draft);
}

absl::StatusOr<Inviter::Letter> Inviter::WriteLetter(Session& session, const Facts& facts,
                                                     const AccountFacts& account,
                                                     std::string_view template_id) const {
  const std::array<std::string_view, 3> choice = {template_id, facts.template_id,
                                                  kDefaultTemplateId};
  return WriteLetter(session, facts, account, choice, TEMPLATE_KIND_INVITATION);
}

absl::StatusOr<Inviter::Letter> Inviter::WriteReminder(Session& session, const Facts& facts,
                                                       const AccountFacts& account) const {
  const std::string id = DefaultTemplateId(TEMPLATE_KIND_REMINDER);
  const std::string_view choice = id;
  ASSIGN_OR_RETURN(Letter letter,
                   WriteLetter(session, facts, account, {&choice, 1}, TEMPLATE_KIND_REMINDER));
  letter.kind = MESSAGE_KIND_REMINDER;
  letter.lane = Lane::kBulk;
  return letter;
}

absl::StatusOr<Inviter::Letter> Inviter::WriteLetter(Session& session, const Facts& facts,
                                                     const AccountFacts& account,
                                                     std::span<const std::string_view> choice,
                                                     TemplateKind kind) const {
  ASSIGN_OR_RETURN(
      const std::optional<Template> text,
      stores_.templates.FirstUsable(session, choice, account.division_id, kind));
  if (!text.has_value()) {
    return absl::InternalError("the default template is gone");
  }
  return LetterOf(text->id(), text->version(), text->subject(), text->locale(), facts, account);
}

Inviter::Letter Inviter::LetterOf(std::string_view template_id, int64_t template_version,
                                  std::string_view subject, std::string_view locale,
                                  const Facts& facts, const AccountFacts& account) {
  return {.sender = account.sender,
          .subject = std::string(subject),
          .locale = std::string(locale),
          .content = {.sender_name = account.sender.display_name,
                      .template_id = std::string(template_id),
                      .template_version = template_version,
                      .values = {{std::string(kAccountName), account.name},
                                 {std::string(kAccountNumber), account.number},
                                 {std::string(kDivisionName), account.division_name}},
                      .portal_url = facts.portal_url}};
}

Invitation Inviter::NewInvitation(const Recipient& recipient, std::string_view id,
                                  const InvitationTerms& terms, InvitationOrigin origin) const {
  const absl::Time now = clock_.Now();
  Invitation invitation;
  invitation.set_id(std::string(id));
  invitation.set_contact_id(recipient.contact_id);
  invitation.set_account_id(recipient.account_id);
  invitation.set_email(recipient.email);
  invitation.set_state(INVITATION_STATE_PENDING);
  invitation.set_origin(origin);
  *invitation.mutable_create_time() = ToTimestamp(now);
  *invitation.mutable_expire_time() = ToTimestamp(now + terms.lifetime);
  PlanReminders(invitation, terms.reminders, now);
  return invitation;
}

absl::StatusOr<Invitation> Inviter::NextInvitation(Session& session, const Recipient& recipient,
                                                   const InvitationTerms& terms,
                                                   InvitationOrigin origin,
                                                   const Draft& draft) const {
  ASSIGN_OR_RETURN(const std::string latest,
                   stores_.invitations.LatestId(session, recipient.contact_id));
  // Whoever follows the events tells by the ids which of a contact's invitations is the latest.
  return NewInvitation(recipient,
                       latest < draft.invitation_id
                           ? draft.invitation_id
                           : NewIdAfter(latest, IdKind::kInvitation, clock_.Now()),
                       terms, origin);
}

absl::Status Inviter::InsertInvitation(Session& session, Invitation& invitation,
                                       const Draft& draft) const {
  RETURN_IF_ERROR(stores_.invitations.KillOldLinks(session, invitation.contact_id()));
  return stores_.invitations.Insert(session, invitation, draft.token_hash);
}

absl::Status Inviter::QueueMail(Session& session, const Invitation& invitation,
                                const Recipient& recipient, Letter letter,
                                const Draft& draft) const {
  return stores_.messages.Insert(session, MailOf(&invitation, recipient, std::move(letter), draft));
}

OutgoingMail Inviter::MailOf(const Invitation* invitation, const Recipient& recipient,
                             Letter letter, const Draft& draft) const {
  OutgoingMail mail{.content = std::move(letter.content),
                    .lane = letter.lane,
                    .bulk_number = letter.bulk_number};
  Message& message = mail.message;
  mail.content.values[std::string(kContactName)] = recipient.name;
  if (invitation != nullptr) {
    // A letter that goes to another address now has it, in its own language.
    mail.content.values.emplace(kExpiryDate,
                                DateText(FromTimestamp(invitation->expire_time()), letter.locale));
    mail.content.sealed_token = draft.sealed_token;
    message.set_invitation_id(invitation->id());
  }
  message.set_id(draft.message_id);
  message.set_kind(letter.kind);
  message.set_bulk_send_id(letter.bulk_send_id);
  message.set_contact_id(recipient.contact_id);
  message.set_account_id(recipient.account_id);
  message.set_recipient(recipient.email);
  message.set_sender(letter.sender.address);
  message.set_subject(RenderSubject(letter.subject, mail.content.values));
  message.set_message_id(MessageIdHeader(draft.message_id, letter.sender.address));
  *message.mutable_create_time() = ToTimestamp(clock_.Now());
  *message.mutable_due_time() = message.create_time();
  return mail;
}

}  // namespace portico::invitation

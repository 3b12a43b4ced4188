#include "services/invitation/manual_invitation.h"

#include <absl/strings/str_cat.h>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/rpc/errors.h"
#include "services/invitation/redemption.h"

namespace portico::invitation {

using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

namespace {

constexpr char kResendInvitation[] = "ResendInvitation";

absl::Status NoSuchInvitation(const std::string& id) {
  return absl::NotFoundError(
      absl::StrCat("got invitation ", rpc::Quoted(id), ", which does not exist"));
}

// Whether its link opens nothing any more only because its time is over.
bool IsRenewable(const Invitation& invitation, absl::Time now) {
  return invitation.state() == INVITATION_STATE_EXPIRED ||
         (IsOpen(invitation) && IsPastExpiry(invitation, now));
}

// Whether the owner is away, rather than the question wrong.
bool IsAway(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status);
}

}  // namespace

absl::StatusOr<Invitation> ManualInvitation::Send(const SendInvitationRequest& request) {
  ASSIGN_OR_RETURN(const Subject subject, Ask(request.contact_id()));
  const Draft draft = inviter_.NewDraft();
  ASSIGN_OR_RETURN(
      Invitation answer,
      Run(request.validate_only(), [&](Session& session) -> absl::StatusOr<Invitation> {
        ASSIGN_OR_RETURN(const Recipient recipient, Learn(session, subject));
        RETURN_IF_ERROR(inviter_.Reconcile(session, recipient, draft));
        ASSIGN_OR_RETURN(const std::optional<Invitation> live,
                         inviter_.FindLive(session, recipient.contact_id));
        if (live.has_value()) return *live;
        RETURN_IF_ERROR(CheckAllowed(session, recipient, subject, ""));
        const AccountFacts& account = *subject.account();
        RETURN_IF_ERROR(CheckTemplate(session, request.template_id(), account));
        return inviter_.Invite(session, recipient, subject.facts, account, INVITATION_ORIGIN_STAFF,
                               draft, request.template_id());
      }));
  if (!request.validate_only()) return answer;
  // It is one that there is already, or one that was only tried: a new one or, where the
  // contact's address is new, the one that took its place.
  ASSIGN_OR_RETURN(const std::optional<Invitation> kept, database_.Read([&](Session& session) {
    return stores_.invitations.Find(session, answer.id());
  }));
  if (!kept.has_value()) {
    answer.clear_id();
    answer.clear_etag();
  }
  return answer;
}

absl::StatusOr<CreateInvitationLinkResponse> ManualInvitation::CreateLink(
    const std::string& contact_id) {
  ASSIGN_OR_RETURN(const Subject subject, Ask(contact_id));
  // Mail that still waits may first go on to a new address, before it is cancelled.
  const Draft draft = inviter_.NewDraft(), moved = inviter_.NewDraft();
  CreateInvitationLinkResponse response;
  ASSIGN_OR_RETURN(
      *response.mutable_invitation(),
      database_.Write([&](Session& session) -> absl::StatusOr<Invitation> {
        ASSIGN_OR_RETURN(const Recipient recipient, Learn(session, subject));
        RETURN_IF_ERROR(inviter_.Reconcile(session, recipient, moved));
        ASSIGN_OR_RETURN(const std::optional<Invitation> live,
                         inviter_.FindLive(session, recipient.contact_id));
        RETURN_IF_ERROR(CheckAllowed(session, recipient, subject,
                                     live.has_value() ? live->id() : "", Trigger::kHandOver));
        return inviter_.HandOver(session, live, recipient, subject.facts, INVITATION_ORIGIN_STAFF,
                                 draft);
      }));
  response.set_link(
      absl::StrCat(subject.facts.portal_url, "/accept#token=", draft.token.Reveal()));
  return response;
}

absl::Status ManualInvitation::Renew(const std::string& token_hash) {
  ASSIGN_OR_RETURN(const std::optional<Invitation> expired, database_.Read([&](Session& session) {
    return stores_.invitations.FindByToken(session, token_hash);
  }));
  if (!expired.has_value() || !IsRenewable(*expired, clock_.Now())) return absl::OkStatus();
  const absl::StatusOr<Subject> subject = Ask(expired->contact_id());
  if (absl::IsNotFound(subject.status())) return absl::OkStatus();  // The contact is gone.
  RETURN_IF_ERROR(subject.status());
  const Draft draft = inviter_.NewDraft();
  return database_.Write(
      [&](Session& session) { return Renew(session, token_hash, *subject, draft); });
}

absl::Status ManualInvitation::Renew(Session& session, const std::string& token_hash,
                                     const Subject& subject, const Draft& draft) {
  ASSIGN_OR_RETURN(const Recipient recipient, Learn(session, subject));
  ASSIGN_OR_RETURN(const std::optional<Invitation> expired,
                   stores_.invitations.FindByToken(session, token_hash));
  if (!expired.has_value() || !IsRenewable(*expired, clock_.Now()) ||
      mail::AddressKey(expired->email()) != mail::AddressKey(recipient.email)) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const DecisionReason reason,
                   inviter_.Judge(session, recipient, subject.account(), Trigger::kStaff));
  if (reason != DECISION_REASON_ALL_CONDITIONS_MET) return absl::OkStatus();
  RETURN_IF_ERROR(stores_.invitations.KillTokens(session, expired->id()));
  return inviter_
      .Invite(session, recipient, subject.facts, *subject.account(), INVITATION_ORIGIN_RENEWAL,
              draft)
      .status();
}

absl::StatusOr<Invitation> ManualInvitation::Resend(const ResendInvitationRequest& request) {
  const std::string& id = request.id();
  ASSIGN_OR_RETURN(const std::optional<Invitation> wanted, database_.Read([&](Session& session) {
    return stores_.invitations.Find(session, id);
  }));
  if (!wanted.has_value()) return NoSuchInvitation(id);
  ASSIGN_OR_RETURN(const Subject subject, Ask(wanted->contact_id()));
  const Draft draft = inviter_.NewDraft();
  ResendInvitationRequest content = request;
  content.clear_validate_only();  // The same call, whether it is done or only tried.
  const std::string fingerprint = storage::Fingerprint(content);
  return Run(request.validate_only(), [&](Session& session) -> absl::StatusOr<Invitation> {
    ASSIGN_OR_RETURN(
        const std::optional<std::string> resent,
        requests_.Claim(session, kResendInvitation, request.request_id(), fingerprint, id));
    ASSIGN_OR_RETURN(const std::optional<Invitation> invitation,
                     stores_.invitations.Find(session, id));
    if (!invitation.has_value()) return NoSuchInvitation(id);
    if (resent.has_value()) return *invitation;
    ASSIGN_OR_RETURN(const Recipient recipient, Learn(session, subject));
    if (!IsOpen(*invitation) && invitation->state() != INVITATION_STATE_EXPIRED) {
      return CheckAcceptable(*invitation, clock_.Now());
    }
    RETURN_IF_ERROR(CheckAllowed(session, recipient, subject, id));
    ASSIGN_OR_RETURN(Invitation answer, inviter_.Resend(session, *invitation, recipient,
                                                        subject.facts, *subject.account(), draft));
    if (request.validate_only()) answer.clear_etag();
    return answer;
  });
}

absl::StatusOr<Invitation> ManualInvitation::Revoke(const std::string& id,
                                                    const std::string& reason) {
  return database_.Write([&](Session& session) -> absl::StatusOr<Invitation> {
    ASSIGN_OR_RETURN(std::optional<Invitation> invitation, stores_.invitations.Find(session, id));
    if (!invitation.has_value()) return NoSuchInvitation(id);
    if (invitation->state() == INVITATION_STATE_REVOKED) return *invitation;
    RETURN_IF_ERROR(CheckAcceptable(*invitation, clock_.Now()));
    RETURN_IF_ERROR(inviter_.Revoke(session, *invitation, reason, kInvitationRevoked));
    return *invitation;
  });
}

absl::StatusOr<Invitation> ManualInvitation::Run(bool validate_only, Work work) {
  if (!validate_only) return database_.Write(work);
  // The work itself is run and its transaction given up, so that answer and errors are its own.
  std::optional<Invitation> answer;
  const absl::Status given_up = database_.Write([&](Session& session) -> absl::Status {
    answer.reset();
    ASSIGN_OR_RETURN(answer, work(session));
    return absl::CancelledError("it was only to be validated");
  });
  if (answer.has_value() && absl::IsCancelled(given_up)) return *std::move(answer);
  return given_up;
}

absl::StatusOr<ManualInvitation::Subject> ManualInvitation::Ask(const std::string& contact_id) {
  Subject subject{.contact_id = contact_id};
  absl::StatusOr<portico::contact::v1::Contact> contact = facts_.Contact(contact_id);
  if (contact.ok()) {
    subject.account_id = contact->account_id();
    subject.fetched = *std::move(contact);
  } else {
    if (!IsAway(contact.status())) return contact.status();
    ASSIGN_OR_RETURN(const std::optional<Recipient> known, database_.Read([&](Session& session) {
      return stores_.recipients.Find(session, contact_id);
    }));
    if (!known.has_value()) return contact.status();
    subject.account_id = known->account_id;
  }
  ASSIGN_OR_RETURN(subject.facts, facts_.Accounts({subject.account_id}));
  return subject;
}

absl::StatusOr<Recipient> ManualInvitation::Learn(Session& session, const Subject& subject) {
  if (subject.fetched.has_value()) {
    const AccountFacts* account = subject.account();
    return stores_.recipients.Learn(session, *subject.fetched, Source::kFetched,
                                    account == nullptr ? "" : account->name);
  }
  ASSIGN_OR_RETURN(const std::optional<Recipient> known,
                   stores_.recipients.Find(session, subject.contact_id));
  if (!known.has_value()) return absl::NotFoundError("the contact is gone");
  return *known;
}

absl::Status ManualInvitation::CheckAllowed(Session& session, const Recipient& recipient,
                                            const Subject& subject, std::string_view resent,
                                            Trigger trigger) {
  ASSIGN_OR_RETURN(const DecisionReason reason,
                   inviter_.Judge(session, recipient, subject.account(), trigger, resent));
  if (reason == DECISION_REASON_ALL_CONDITIONS_MET) return absl::OkStatus();
  return rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition, ReasonName(reason),
                              Explain(reason));
}

absl::Status ManualInvitation::CheckTemplate(Session& session, std::string_view template_id,
                                             const AccountFacts& account) {
  if (template_id.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<Template> usable,
                   stores_.templates.FirstUsable(session, {&template_id, 1}, account.division_id,
                                                 TEMPLATE_KIND_INVITATION));
  if (usable.has_value()) return absl::OkStatus();
  return rpc::InvalidField(
      "template_id", absl::StrCat("got ", rpc::Quoted(template_id),
                                  ", want an invitation template for the account's division"));
}

}  // namespace portico::invitation

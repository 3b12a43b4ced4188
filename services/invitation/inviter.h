#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libs/auth/sealer.h"
#include "libs/base/clock.h"
#include "libs/base/secret.h"
#include "services/invitation/decision.h"
#include "services/invitation/facts.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

using portico::invitation::v1::InvitationOrigin;

// What is random about an invitation and its mail. Drawn before the transaction
// that uses it, or never does.
struct Draft {
  std::string invitation_id;
  std::string message_id;
  std::string token_hash;
  std::string sealed_token;
  Secret token = {};  // For a link that is handed over.
};

// Why an invitation or its mail came to an end by itself.
inline constexpr char kEmailChanged[] = "EMAIL_CHANGED";
inline constexpr char kPortalAccessOff[] = "PORTAL_ACCESS_OFF";
inline constexpr char kContactUnlinked[] = "CONTACT_UNLINKED";
inline constexpr char kContactMerged[] = "CONTACT_MERGED";
inline constexpr char kAlreadyPortalUser[] = "ALREADY_PORTAL_USER";
inline constexpr char kContactUnknown[] = "CONTACT_UNKNOWN";
inline constexpr char kEmailSuppressed[] = "EMAIL_SUPPRESSED";
inline constexpr char kInvitationAccepted[] = "INVITATION_ACCEPTED";
inline constexpr char kInvitationExpired[] = "INVITATION_EXPIRED";
inline constexpr char kInvitationResent[] = "INVITATION_RESENT";
inline constexpr char kInvitationRevoked[] = "INVITATION_REVOKED";
inline constexpr char kLinkHandedOver[] = "LINK_HANDED_OVER";

// The life of invitations but for their delivery: every change of one goes
// together with that of its mail and its event, in the caller's transaction.
// Every call answers Session's errors. Thread-safe.
class Inviter {
 public:
  Inviter(const Stores& stores, const auth::Sealer& sealer, const Clock& clock)
      : stores_(stores), sealer_(sealer), clock_(clock) {}

  Draft NewDraft() const;

  // How the mail of an invitation looks, whoever it goes to.
  struct Letter {
    mail::Mailbox sender;
    std::string subject;  // With placeholders.
    std::string locale = {};
    MailContent content;  // Without the contact's values and the token.
    // Another mail's, in whose place it goes.
    portico::invitation::v1::MessageKind kind =
        portico::invitation::v1::MESSAGE_KIND_INVITATION;
    Lane lane = Lane::kAwaited;
    std::string bulk_send_id = {};
    int64_t bulk_number = 0;
  };

  // With these texts.
  static Letter LetterOf(std::string_view template_id, int64_t template_version,
                         std::string_view subject, std::string_view locale,
                         const Facts& facts, const AccountFacts& account);
  // With the template of that id, where it is not empty and fits, else the portal's or the default
  // one. That of a reminder is always the default one.
  absl::StatusOr<Letter> WriteLetter(storage::Session& session, const Facts& facts,
                                     const AccountFacts& account,
                                     std::string_view template_id) const;
  absl::StatusOr<Letter> WriteReminder(storage::Session& session, const Facts& facts,
                                       const AccountFacts& account) const;

  // The contact's live invitation; one whose time is over is made EXPIRED first.
  absl::StatusOr<std::optional<Invitation>> FindLive(storage::Session& session,
                                                     std::string_view contact_id) const;

  // Whether the contact can be invited. `account` is null when it does not exist.
  // An invitation of id `resent` does not count as live.
  absl::StatusOr<DecisionReason> Judge(storage::Session& session, const Recipient& recipient,
                                       const AccountFacts* account, Trigger trigger,
                                       std::string_view resent = "") const;

  // The same for who is known to have no live invitation, and whose address to be suppressed or
  // not.
  static DecisionReason JudgeUninvited(const Recipient& recipient, const AccountFacts* account,
                                       Trigger trigger, bool suppressed);

  // The same for a letter that is no invitation.
  static DecisionReason JudgeLetter(const Recipient& recipient, bool suppressed);

  // An invitation of that id as it begins; and the mail of a letter to a contact, with an
  // invitation or, where that is null, without. Nothing is stored.
  Invitation NewInvitation(const Recipient& recipient, std::string_view id,
                           const InvitationTerms& terms, InvitationOrigin origin) const;
  OutgoingMail MailOf(const Invitation* invitation, const Recipient& recipient, Letter letter,
                      const Draft& draft) const;

  // Makes an invitation, which Judge has allowed, and queues its mail; that is `letter`, or what
  // WriteLetter writes.
  absl::StatusOr<Invitation> Invite(storage::Session& session, const Recipient& recipient,
                                    const InvitationTerms& terms, InvitationOrigin origin,
                                    const Draft& draft, Letter letter) const;
  absl::StatusOr<Invitation> Invite(storage::Session& session, const Recipient& recipient,
                                    const Facts& facts, const AccountFacts& account,
                                    InvitationOrigin origin, const Draft& draft,
                                    std::string_view template_id = "") const;

  // Gives an invitation, which Judge has allowed, a new link, address and time, and queues its
  // mail, likewise. The old link is dead.
  absl::StatusOr<Invitation> Resend(storage::Session& session, Invitation invitation,
                                    const Recipient& recipient, const InvitationTerms& terms,
                                    const Draft& draft, Letter letter) const;
  absl::StatusOr<Invitation> Resend(storage::Session& session, Invitation invitation,
                                    const Recipient& recipient, const Facts& facts,
                                    const AccountFacts& account, const Draft& draft) const;

  // Makes an invitation, which Judge has allowed, whose link is draft.token and is not mailed; or
  // gives it to the contact's live one, `live`, with a new time. That one's other links are dead, its
  // waiting mail is cancelled, and nobody is reminded of it.
  absl::StatusOr<Invitation> HandOver(storage::Session& session,
                                      const std::optional<Invitation>& live,
                                      const Recipient& recipient, const Facts& facts,
                                      InvitationOrigin origin, const Draft& draft) const;

  // Queues a reminder of a live invitation, with a link that works beside those mailed before. The
  // invitation itself is not written.
  absl::Status Remind(storage::Session& session, const Invitation& invitation,
                      const Recipient& recipient, const Facts& facts, const AccountFacts& account,
                      const Draft& draft) const;

  // Both end an open invitation and cancel its mail, the first with `cancel_reason`.
  absl::Status Revoke(storage::Session& session, Invitation& invitation, std::string_view reason,
                      std::string_view cancel_reason) const;
  absl::Status Expire(storage::Session& session, Invitation& invitation) const;

  // Brings the contact's invitation in line with what the contact is now. It is
  // revoked when the contact may no longer have it or has another address; mail
  // that was still waiting then goes to the new address, in a new invitation, so
  // that nobody is lost. `off` is the reason where the contact's access is off.
  absl::Status Reconcile(storage::Session& session, const Recipient& recipient, const Draft& draft,
                         const char* off = kPortalAccessOff) const;

 private:
  absl::StatusOr<Letter> WriteLetter(storage::Session& session, const Facts& facts,
                                     const AccountFacts& account,
                                     std::span<const std::string_view> choice,
                                     TemplateKind kind) const;
  // NewInvitation with the draft's id, or a later one where another of the contact's is later.
  absl::StatusOr<Invitation> NextInvitation(storage::Session& session, const Recipient& recipient,
                                            const InvitationTerms& terms, InvitationOrigin origin,
                                            const Draft& draft) const;
  absl::Status InsertInvitation(storage::Session& session, Invitation& invitation,
                                const Draft& draft) const;
  absl::Status QueueMail(storage::Session& session, const Invitation& invitation,
                         const Recipient& recipient, Letter letter, const Draft& draft) const;
  absl::Status ChangeAddress(storage::Session& session, Invitation& invitation,
                             const Recipient& recipient, const Draft& draft) const;

  const Stores& stores_;
  const auth::Sealer& sealer_;
  const Clock& clock_;
};

}  // namespace portico::invitation

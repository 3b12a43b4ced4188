#pragma once

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include <optional>
#include <string>

#include "libs/storage/database.h"
#include "libs/storage/request_log.h"
#include "services/invitation/facts.h"
#include "services/invitation/inviter.h"

namespace portico::invitation {

// Invitations that staff or a back end asks for. Contact and account are asked
// for afresh, so that what was changed a moment ago counts already. Thread-safe.
class ManualInvitation {
 public:
  ManualInvitation(storage::Database& database, const Stores& stores, const Inviter& inviter,
                   FactSource& facts, const Clock& clock)
      : database_(database),
        stores_(stores),
        inviter_(inviter),
        facts_(facts),
        clock_(clock),
        requests_(clock) {}

  // Answers the contact's live invitation, else makes one.
  // NOT_FOUND: the contact does not exist. INVALID_ARGUMENT: the template cannot be used.
  // FAILED_PRECONDITION: the contact cannot be invited; the reason is a DecisionReason's name.
  // UNAVAILABLE and the like: the account service is away, or the contact service
  // is and the contact is not known here.
  absl::StatusOr<Invitation> Send(const v1::SendInvitationRequest& request);

  // Makes a link that staff hands over, of the contact's live invitation or of a new one.
  // Errors as in Send.
  absl::StatusOr<v1::CreateInvitationLinkResponse> CreateLink(const std::string& contact_id);

  // Mails a new invitation in place of the expired one that the token is of, if there is such a one
  // and its contact may be invited at the same address; else does nothing. The token is dead then.
  // UNAVAILABLE: as in Send.
  absl::Status Renew(const std::string& token_hash);

  // NOT_FOUND: there is no such invitation. FAILED_PRECONDITION: it was accepted or
  // revoked, or as in Send. UNAVAILABLE: as in Send. ALREADY_EXISTS: the request id was
  // used with other content.
  absl::StatusOr<Invitation> Resend(const v1::ResendInvitationRequest& request);

  // Answers a revoked one unchanged.
  // NOT_FOUND: there is no such invitation. FAILED_PRECONDITION: it was accepted or is expired.
  absl::StatusOr<Invitation> Revoke(const std::string& id, const std::string& reason);

 private:
  // A contact, as its owner has it; without `fetched` the owner is away.
  struct Subject {
    std::string contact_id;
    std::optional<portico::contact::v1::Contact> fetched;
    std::string account_id;
    Facts facts;

    const AccountFacts* account() const { return facts.Find(account_id); }
  };

  using Work = absl::FunctionRef<absl::StatusOr<Invitation>(storage::Session&)>;

  // Answers what `work` does in a transaction, of which nothing is kept with `validate_only`.
  absl::StatusOr<Invitation> Run(bool validate_only, Work work);

  absl::StatusOr<Subject> Ask(const std::string& contact_id);
  absl::StatusOr<Recipient> Learn(storage::Session& session, const Subject& subject);
  absl::Status CheckAllowed(storage::Session& session, const Recipient& recipient,
                            const Subject& subject, std::string_view resent,
                            Trigger trigger = Trigger::kStaff);
  absl::Status Renew(storage::Session& session, const std::string& token_hash,
                     const Subject& subject, const Draft& draft);
  absl::Status CheckTemplate(storage::Session& session, std::string_view template_id,
                             const AccountFacts& account);

  storage::Database& database_;
  const Stores& stores_;
  const Inviter& inviter_;
  FactSource& facts_;
  const Clock& clock_;
  const storage::RequestLog requests_;
};

}  // namespace portico::invitation

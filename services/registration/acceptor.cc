#include "services/registration/acceptor.h"

#include <absl/strings/escaping.h>

#include <optional>

#include "libs/auth/opaque_token.h"
#include "libs/base/id.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/rpc/errors.h"
#include "services/registration/password_rules.h"
#include "services/registration/refusals.h"
#include "services/registration/user_id.h"

namespace portico::registration {
namespace {

// The same for the same token. It may be logged, so it is not the token's hash.
std::string AcceptanceId(const std::string& token_hash) {
  return std::string(IdPrefix(IdKind::kAcceptance)) +
         absl::BytesToHexString(Sha256("acceptance of " + token_hash)).substr(0, 32);
}

}  // namespace

absl::StatusOr<invitation::v1::Invitee> Acceptor::LookUp(const Secret& token) {
  ASSIGN_OR_RETURN(auto invitee, invitations_.LookUp(token.Reveal()));
  RETURN_IF_ERROR(acceptances_.CheckAccess(invitee.contact_id()));
  return invitee;
}

absl::StatusOr<SignedIn> Acceptor::Accept(const Secret& token, const std::string& user_id,
                                          const Secret& password, absl::Time deadline) {
  const std::string token_hash = auth::HashOpaqueToken(token.Reveal());
  const std::string id = AcceptanceId(token_hash);
  // First of all, so that a stranger can neither reserve nor learn anything, nor
  // cost a password hash. Asked before our own table: an invitation that another
  // call takes in between is then found there.
  const auto invitee = LookUp(token);
  ASSIGN_OR_RETURN(const std::optional<Acceptance> known, acceptances_.Find(id));
  if (known.has_value() && known->portal_user_id.has_value()) {
    return SignInAgain(id, user_id, password, deadline);
  }
  // A pending acceptance may have taken its invitation already, which is then
  // refused here but not to it. Whether access is off is asked again at its end.
  const bool goes_on = known.has_value() && InvitationClient::IsRefusal(invitee.status());
  if (!invitee.ok() && !goes_on) return invitee.status();

  RETURN_IF_ERROR(CheckChoice(user_id, password, id));
  Acceptance acceptance{
      .id = id,
      .invitation_id = known.has_value() ? known->invitation_id : invitee->invitation_id(),
      .token_hash = token_hash,
      .password_hash = {},
      .user_id = user_id,
      .portal_user_id = std::nullopt};
  auto password_hash = hasher_.Hash(password, deadline);
  if (!password_hash.ok()) return PasswordNotChecked(password_hash.status());
  acceptance.password_hash = *std::move(password_hash);
  const auto reserved = acceptances_.Reserve(acceptance);
  if (absl::IsAlreadyExists(reserved.status())) return UserIdTaken();
  RETURN_IF_ERROR(reserved.status());
  if (*reserved) {
    SignedIn signed_in{.user = {}, .session = sessions_.Make()};
    ASSIGN_OR_RETURN(Completion completion, Finish(acceptance, &signed_in.session));
    if (completion.signed_in) {
      signed_in.user = std::move(completion.user);
      return signed_in;
    }
  }
  return SignInAgain(id, user_id, password, deadline);  // Another call with this token was faster.
}

absl::StatusOr<Completion> Acceptor::Finish(const Acceptance& acceptance,
                                            const NewSession* session) {
  const auto invitee =
      invitations_.Redeem(acceptance.invitation_id, acceptance.token_hash, acceptance.id);
  if (invitee.ok()) return acceptances_.Complete(acceptance, *invitee, session);
  if (InvitationClient::IsRefusal(invitee.status())) {
    RETURN_IF_ERROR(acceptances_.Drop(acceptance.id));
    log::Info("dropped an acceptance that was refused", {{"acceptance", acceptance.id}});
  }
  return invitee.status();
}

absl::Status Acceptor::CheckChoice(const std::string& user_id, const Secret& password,
                                   const std::string& acceptance_id) {
  rpc::FieldErrors errors;
  if (!IsValidUserId(user_id)) {
    errors.Add("user_id",
               "got " + rpc::Quoted(user_id) + ", want 3 to 64 letters, digits and . _ - @ +");
  }
  if (const auto fault = PasswordFault(password.Reveal(), user_id, common_passwords_)) {
    errors.Add("password", *fault);
  }
  RETURN_IF_ERROR(errors.ToStatus());
  ASSIGN_OR_RETURN(const bool taken, acceptances_.IsUserIdTaken(user_id, acceptance_id));
  return taken ? UserIdTaken() : absl::OkStatus();
}

// Goes through the authenticator, so that a used link opens no way round the lock.
absl::StatusOr<SignedIn> Acceptor::SignInAgain(const std::string& acceptance_id,
                                               const std::string& user_id, const Secret& password,
                                               absl::Time deadline) {
  ASSIGN_OR_RETURN(const auto acceptance, acceptances_.Find(acceptance_id));
  if (!acceptance.has_value() || UserIdKey(acceptance->user_id) != UserIdKey(user_id)) {
    return AlreadyAccepted();
  }
  auto signed_in = authenticator_.SignIn(user_id, password, deadline);
  if (absl::IsUnauthenticated(signed_in.status())) return AlreadyAccepted();
  return signed_in;
}

}  // namespace portico::registration

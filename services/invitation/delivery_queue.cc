#include "services/invitation/delivery_queue.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <limits>

#include "libs/base/random.h"
#include "libs/base/status_macros.h"
#include "libs/mail/address.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

namespace {

constexpr absl::Duration kLongestRest = absl::Seconds(30);
// What a lease is longer than the longest send, so that some mails fit into it.
constexpr absl::Duration kLeaseMargin = absl::Minutes(1);
// What a lease may be longer still without a clock having been set: others take theirs meanwhile,
// by clocks of their own.
constexpr absl::Duration kClockMargin = absl::Minutes(1);

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return TimeUtil::MicrosecondsToTimestamp(ToMicros(time));
}

DeliveryAttempt Describe(const mail::DeliveryResult& result, DeliveryOutcome outcome,
                         absl::Time now) {
  DeliveryAttempt attempt;
  *attempt.mutable_time() = ToTimestamp(now);
  attempt.set_outcome(outcome);
  attempt.set_reply_code(result.reply_code);
  attempt.set_enhanced_status(result.enhanced_status);
  attempt.set_reply(result.reply);
  return attempt;
}

// Whether the mail may go to that contact, at the address that it has now.
bool IsFor(const Recipient& recipient, const Message& message) {
  return recipient.access_enabled && !recipient.is_portal_user() &&
         mail::AddressKey(recipient.email) == mail::AddressKey(message.recipient());
}

}  // namespace

// What was leased or put off before the clock was set back would have to wait for the time
// that came twice. At the start nobody knows whether it was. One worker sees to it, while the
// others, who would find nothing yet, wait for it.
absl::Status DeliveryQueue::FollowClock() {
  absl::MutexLock lock(&mutex_);
  const absl::Time seen = clock_.Now();
  if (seen < looked_at_) {
    RETURN_IF_ERROR(
        database_.Write([&](Session& session) { return FollowClock(session, clock_.Now()); }));
  }
  looked_at_ = seen;
  return absl::OkStatus();
}

absl::Status DeliveryQueue::FollowClock(Session& session, absl::Time now) const {
  // Our own leases have a worker that lives, and gives them back.
  const absl::Time latest = now + options_.longest_send + kLeaseMargin;
  RETURN_IF_ERROR(
      stores_.messages.EndLeasesBy(session, options_.owner, latest, latest + kClockMargin));
  for (int attempts = kAttemptsToLongestDelay; attempts > 0; --attempts) {
    RETURN_IF_ERROR(stores_.messages.MakeDueBy(
        session, attempts == kAttemptsToLongestDelay ? std::numeric_limits<int>::max() : attempts,
        now + RetryDelay(attempts, /*fraction=*/1)));
  }
  return stores_.messages.MakeDueBy(session, /*attempts=*/0, now);
}

absl::Status DeliveryQueue::Announce() {
  return presence_.Announce([this](Session& session, const std::string& owner) {
    return stores_.messages.ReleaseAll(session, owner);
  });
}

// A claim is told from all others of this process by it.
absl::Time DeliveryQueue::LeaseEnd(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  const absl::Time end = now + options_.longest_send + kLeaseMargin;
  const bool is_taken = end <= last_lease_end_ && last_lease_end_ - end < absl::Seconds(1);
  last_lease_end_ = is_taken ? last_lease_end_ + absl::Microseconds(1) : end;
  return last_lease_end_;
}

ClaimedMail DeliveryQueue::NewClaim() {
  const absl::Time present_since = presence_.Since();
  return {.mail = {}, .lease_until = LeaseEnd(clock_.Now()), .present_since = present_since};
}

void DeliveryQueue::Abandon(const ClaimedMail& claim) {
  absl::MutexLock lock(&mutex_);
  broken_.push_back(claim.lease_until);
}

absl::Status DeliveryQueue::ReleaseBroken() {
  absl::MutexLock lock(&mutex_);
  while (!broken_.empty()) {
    RETURN_IF_ERROR(database_.Write([&](Session& session) {
      return stores_.messages.ReleaseClaim(session, options_.owner, broken_.back());
    }));
    broken_.pop_back();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ClaimedMail>> DeliveryQueue::Claim(int limit) {
  RETURN_IF_ERROR(FollowClock());
  RETURN_IF_ERROR(ReleaseBroken());
  // Most wake-ups find nothing, and a look costs no turn of the writer's.
  ASSIGN_OR_RETURN(const std::vector<Message> due, database_.Read([&](Session& session) {
    return stores_.messages.ListDue(session, clock_.Now(), 1);
  }));
  if (due.empty()) return std::vector<ClaimedMail>();

  const absl::Time present_since = presence_.Since();
  const absl::Time now = clock_.Now();
  const absl::Time until = LeaseEnd(now);
  absl::StatusOr<std::vector<ClaimedMail>> claimed = Claim(now, until, limit);
  if (claimed.ok()) {
    for (ClaimedMail& mail : *claimed) mail.present_since = present_since;
  }
  if (!claimed.ok()) {
    absl::MutexLock lock(&mutex_);
    broken_.push_back(until);
  }
  return claimed;
}

absl::StatusOr<std::vector<ClaimedMail>> DeliveryQueue::Claim(absl::Time now, absl::Time until,
                                                              int limit) {
  if (database_.engine() == storage::Engine::kSqlite) {
    return database_.Write([&](Session& session) -> absl::StatusOr<std::vector<ClaimedMail>> {
      ASSIGN_OR_RETURN(const auto leased, Lease(session, now, until, limit));
      return Check(session, leased, until);
    });
  }
  // Workers that lease at once must pass one another by.
  ASSIGN_OR_RETURN(const std::vector<Message> leased,
                   database_.WriteUnderLocks(
                       [&](Session& session) { return Lease(session, now, until, limit); }));
  // Mostly all are still wanted, and to see that nothing has to be written.
  std::set<std::string> wanted;
  ASSIGN_OR_RETURN(
      std::vector<ClaimedMail> claimed,
      database_.Read([&](Session& session) -> absl::StatusOr<std::vector<ClaimedMail>> {
        ASSIGN_OR_RETURN(wanted, Wanted(session, leased));
        return Contents(session, leased, until);
      }));
  if (wanted.size() == leased.size()) return claimed;
  return database_.Write([&](Session& session) { return Check(session, leased, until); });
}

absl::StatusOr<std::vector<Message>> DeliveryQueue::Lease(Session& session, absl::Time now,
                                                          absl::Time until, int limit) const {
  ASSIGN_OR_RETURN(std::vector<Message> due, database_.engine() == storage::Engine::kSqlite
                                                 ? stores_.messages.ListDue(session, now, limit)
                                                 : stores_.messages.LockDue(session, now, limit));
  for (const Message& message : due) {
    RETURN_IF_ERROR(
        stores_.messages.Lease(session, message.id(), options_.owner, until, now).status());
  }
  return due;
}

absl::StatusOr<std::vector<ClaimedMail>> DeliveryQueue::Check(Session& session,
                                                              const std::vector<Message>& leased,
                                                              absl::Time until) const {
  ASSIGN_OR_RETURN(const std::set<std::string> wanted, Wanted(session, leased));
  for (const Message& message : leased) {
    if (!wanted.contains(message.id())) RETURN_IF_ERROR(PutOff(session, message));
  }
  return Contents(session, leased, until);
}

absl::StatusOr<std::set<std::string>> DeliveryQueue::Wanted(
    Session& session, const std::vector<Message>& leased) const {
  std::vector<std::string> invitation_ids, contact_ids, addresses;
  for (const Message& message : leased) {
    invitation_ids.push_back(message.invitation_id());
    contact_ids.push_back(message.contact_id());
    addresses.push_back(message.recipient());
  }
  ASSIGN_OR_RETURN(const auto invitations, stores_.invitations.FindAll(session, invitation_ids));
  ASSIGN_OR_RETURN(const auto recipients, stores_.recipients.FindAll(session, contact_ids));
  ASSIGN_OR_RETURN(const std::set<std::string> suppressed,
                   stores_.suppressions.Suppressed(session, addresses));
  std::set<std::string> wanted;
  for (const Message& message : leased) {
    const auto invitation = invitations.find(message.invitation_id());
    const auto recipient = recipients.find(message.contact_id());
    if (invitation != invitations.end() && IsLive(invitation->second) &&
        !IsPastExpiry(invitation->second, clock_.Now()) && recipient != recipients.end() &&
        IsFor(recipient->second, message) &&
        !suppressed.contains(mail::AddressKey(message.recipient()))) {
      wanted.insert(message.id());
    }
  }
  return wanted;
}

absl::StatusOr<std::vector<ClaimedMail>> DeliveryQueue::Contents(Session& session,
                                                                 const std::vector<Message>& leased,
                                                                 absl::Time until) const {
  std::vector<std::string> ids;
  for (const Message& message : leased) ids.push_back(message.id());
  // What putting one off has put off with it is no longer ours.
  ASSIGN_OR_RETURN(std::vector<OutgoingMail> mails,
                   stores_.messages.Leased(session, ids, {options_.owner, until}));
  std::vector<ClaimedMail> claimed;
  for (OutgoingMail& mail : mails) {
    claimed.push_back({.mail = std::move(mail), .lease_until = until});
  }
  return claimed;
}

absl::Status DeliveryQueue::PutOff(Session& session, const Message& message) const {
  ASSIGN_OR_RETURN(std::optional<Invitation> invitation,
                   stores_.invitations.Find(session, message.invitation_id()));
  ASSIGN_OR_RETURN(const std::optional<Recipient> recipient,
                   stores_.recipients.Find(session, message.contact_id()));
  if (invitation.has_value() && IsLive(*invitation)) {
    if (IsPastExpiry(*invitation, clock_.Now())) return inviter_.Expire(session, *invitation);
    ASSIGN_OR_RETURN(const bool suppressed,
                     stores_.suppressions.IsSuppressed(session, message.recipient()));
    if (suppressed && recipient.has_value() && IsFor(*recipient, message)) {
      // Another contact's mail to the address was refused while this one waited. Like that one it
      // can be sent again once the address is put right.
      invitation->set_state(INVITATION_STATE_BOUNCED);
      RETURN_IF_ERROR(stores_.invitations.Save(session, *invitation));
      return stores_.messages.Cancel(session, invitation->id(), kEmailSuppressed, clock_.Now());
    }
  }
  if (recipient.has_value()) {
    RETURN_IF_ERROR(inviter_.Reconcile(session, *recipient, inviter_.NewDraft()));
    ASSIGN_OR_RETURN(invitation, stores_.invitations.Find(session, message.invitation_id()));
  }
  // An invitation without its mail must not look as if it were on its way.
  if (invitation.has_value() && IsLive(*invitation)) {
    return inviter_.Revoke(session, *invitation, kContactUnknown, kContactUnknown);
  }
  return stores_.messages.Cancel(session, message.invitation_id(), kInvitationRevoked,
                                 clock_.Now());
}

absl::Status DeliveryQueue::Release(const std::vector<ClaimedMail>& mails) {
  if (mails.empty()) return absl::OkStatus();
  return database_.Write([&](Session& session) -> absl::Status {
    for (const ClaimedMail& claimed : mails) {
      RETURN_IF_ERROR(stores_.messages.Release(session, claimed.mail.message.id(), options_.owner,
                                               claimed.lease_until));
    }
    return absl::OkStatus();
  });
}

absl::Status DeliveryQueue::ReleaseOwn() {
  return database_.Write(
      [&](Session& session) { return stores_.messages.ReleaseAll(session, options_.owner); });
}

absl::StatusOr<DeliveryOutcome> DeliveryQueue::Record(const ClaimedMail& claimed,
                                                      const mail::DeliveryResult& result) {
  const double fraction = RandomFraction();
  // Locked in the order in which all others write them.
  return database_.WriteUnderLocks([&](Session& session) -> absl::StatusOr<DeliveryOutcome> {
    const MessageStore& messages = stores_.messages;
    const std::string& id = claimed.mail.message.id();
    ASSIGN_OR_RETURN(std::optional<Invitation> invitation,
                     stores_.invitations.Lock(session, claimed.mail.message.invitation_id()));
    ASSIGN_OR_RETURN(std::optional<Message> message, messages.Lock(session, id));
    if (!message.has_value()) return absl::NotFoundError("the message is gone");
    ASSIGN_OR_RETURN(const bool has_lease,
                     messages.HasLease(session, id, options_.owner, claimed.lease_until));
    const absl::Time now = clock_.Now();
    const absl::Time created =
        FromMicros(TimeUtil::TimestampToMicroseconds(message->create_time()));
    const Verdict verdict = JudgeDelivery(result, message->attempt_count() + 1, created, now,
                                          options_.give_up_after, fraction);
    message->set_attempt_count(message->attempt_count() + 1);
    DeliveryAttempt attempt = Describe(result, verdict.outcome, now);
    // The contact was erased while the mail was on its way: servers repeat the address.
    const bool erased = message->recipient().empty();
    if (erased) attempt.clear_reply();
    RETURN_IF_ERROR(messages.AddAttempt(session, *message, attempt));
    if (verdict.outcome == DELIVERY_OUTCOME_BOUNCED && !erased) {
      RETURN_IF_ERROR(stores_.suppressions.Add(session, message->recipient(), result.reply, now));
    }
    if (!has_lease && verdict.outcome != DELIVERY_OUTCOME_ACCEPTED) {
      RETURN_IF_ERROR(messages.SaveAttemptCount(session, *message));
      return verdict.outcome;
    }

    const bool was_waiting = message->state() == MESSAGE_STATE_WAITING;
    message->set_state(verdict.state);
    message->clear_cancel_reason();
    message->clear_due_time();
    if (verdict.due.has_value()) {
      *message->mutable_due_time() = ToTimestamp(*verdict.due);
    } else {
      *message->mutable_finish_time() = ToTimestamp(now);
    }
    RETURN_IF_ERROR(messages.SaveProgress(session, *message));
    RETURN_IF_ERROR(
        UpdateInvitation(session, std::move(invitation), was_waiting, verdict.outcome, now));
    return verdict.outcome;
  });
}

// A mail that was cancelled on its way tells nothing of where its invitation
// stands now, but for when a mail was last taken.
absl::Status DeliveryQueue::UpdateInvitation(Session& session, std::optional<Invitation> invitation,
                                             bool was_waiting, DeliveryOutcome outcome,
                                             absl::Time now) const {
  if (!invitation.has_value()) return absl::OkStatus();
  InvitationState state = invitation->state();
  if (was_waiting && IsLive(*invitation)) {
    switch (outcome) {
      case DELIVERY_OUTCOME_ACCEPTED:
        state = INVITATION_STATE_SENT;
        break;
      case DELIVERY_OUTCOME_DEFERRED:
        state = INVITATION_STATE_DEFERRED;
        break;
      case DELIVERY_OUTCOME_BOUNCED:
        state = INVITATION_STATE_BOUNCED;
        break;
      default:
        state = INVITATION_STATE_FAILED;
        break;
    }
  }
  const bool accepted = outcome == DELIVERY_OUTCOME_ACCEPTED;
  if (accepted) *invitation->mutable_send_time() = ToTimestamp(now);
  if (!accepted && state == invitation->state()) return absl::OkStatus();
  invitation->set_state(state);
  return stores_.invitations.Save(session, *invitation);
}

absl::StatusOr<TemplateText> DeliveryQueue::Text(const MailContent& content) {
  ASSIGN_OR_RETURN(const std::optional<TemplateText> text, database_.Read([&](Session& session) {
    return stores_.templates.Text(session, content.template_id, content.template_version);
  }));
  if (!text.has_value()) return absl::NotFoundError("the template's version is gone");
  return *text;
}

absl::StatusOr<absl::Duration> DeliveryQueue::UntilNext() {
  ASSIGN_OR_RETURN(const std::optional<absl::Time> next, database_.Read([&](Session& session) {
    return stores_.messages.NextDue(session, clock_.Now());
  }));
  if (!next.has_value()) return kLongestRest;
  return std::clamp(*next - clock_.Now(), absl::ZeroDuration(), kLongestRest);
}

absl::StatusOr<int64_t> DeliveryQueue::CountWaiting() {
  return database_.Read([&](Session& session) { return stores_.messages.CountWaiting(session); });
}

}  // namespace portico::invitation

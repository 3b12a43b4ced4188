#include "services/invitation/delivery_queue.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "services/invitation/delivery_policy.h"

namespace portico::invitation {

using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

namespace {

constexpr absl::Duration kLongestRest = absl::Seconds(30);
// What a lease is longer than the longest send, so that some mails fit into it.
constexpr absl::Duration kLeaseMargin = absl::Minutes(1);
// What a lease may be longer still without a clock having been set: others take theirs meanwhile,
// by clocks of their own.
constexpr absl::Duration kClockMargin = absl::Minutes(1);

bool IsAtSameAddress(const Recipient& recipient, const Message& message) {
  return mail::AddressKey(recipient.email) == mail::AddressKey(message.recipient());
}

// Whether a link may go to that contact, at the address that it has now.
bool IsFor(const Recipient& recipient, const Message& message) {
  return recipient.access_enabled && !recipient.is_portal_user() &&
         IsAtSameAddress(recipient, message);
}

std::vector<std::string> IdsOf(const std::vector<OutgoingMail>& mails) {
  std::vector<std::string> ids;
  for (const OutgoingMail& mail : mails) ids.push_back(mail.message.id());
  return ids;
}

}  // namespace

// What was leased or put off before the clock was set back would have to wait for the time
// that came twice. At the start nobody knows whether it was.
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
      stores_.deliveries.EndLeasesBy(session, options_.owner, latest, latest + kClockMargin));
  for (int attempts = kAttemptsToLongestDelay; attempts > 0; --attempts) {
    RETURN_IF_ERROR(stores_.deliveries.MakeDueBy(
        session, attempts == kAttemptsToLongestDelay ? std::numeric_limits<int>::max() : attempts,
        now + RetryDelay(attempts, /*fraction=*/1)));
  }
  return stores_.deliveries.MakeDueBy(session, /*attempts=*/0, now);
}

absl::Status DeliveryQueue::Announce() {
  return presence_.Announce([this](Session& session, const std::string& owner) {
    return stores_.deliveries.ReleaseAll(session, owner);
  });
}

// A claim is told from all others of this process by its lease's end.
MailLease DeliveryQueue::NewLease(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  // As it is stored: what is finer than that would be another lease's end.
  const absl::Time end = FromMicros(ToMicros(now + options_.longest_send + kLeaseMargin));
  const bool is_taken = end <= last_lease_end_ && last_lease_end_ - end < absl::Seconds(1);
  last_lease_end_ = is_taken ? last_lease_end_ + absl::Microseconds(1) : end;
  return {.owner = options_.owner, .until = last_lease_end_};
}

void DeliveryQueue::NoteBroken(const MailLease& lease) {
  absl::MutexLock lock(&mutex_);
  broken_.push_back(lease);
}

absl::Status DeliveryQueue::ReleaseBroken() {
  absl::MutexLock lock(&mutex_);
  while (!broken_.empty()) {
    RETURN_IF_ERROR(database_.Write([&](Session& session) {
      return stores_.deliveries.ReleaseClaim(session, broken_.back());
    }));
    broken_.pop_back();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ClaimedMail>> DeliveryQueue::Claim(LaneRoom room) {
  RETURN_IF_ERROR(FollowClock());
  RETURN_IF_ERROR(ReleaseBroken());
  // Most wake-ups find nothing, and a look costs no turn of the writer's.
  ASSIGN_OR_RETURN(const absl::Duration rest, UntilNext(room));
  if (rest > absl::ZeroDuration()) return std::vector<ClaimedMail>();

  const absl::Time present_since = presence_.Since();
  const absl::Time now = clock_.Now();
  const MailLease lease = NewLease(now);
  absl::StatusOr<std::vector<OutgoingMail>> mails = Claim(now, lease, room);
  if (!mails.ok()) {
    NoteBroken(lease);
    return mails.status();
  }
  std::vector<ClaimedMail> claimed;
  for (OutgoingMail& mail : *mails) {
    claimed.push_back({.mail = std::move(mail),
                       .lease_until = lease.until,
                       .present_since = present_since});
  }
  return claimed;
}

absl::StatusOr<std::vector<OutgoingMail>> DeliveryQueue::Claim(absl::Time now,
                                                               const MailLease& lease,
                                                               LaneRoom room) {
  const auto take = [&](Session& session) -> absl::StatusOr<std::vector<OutgoingMail>> {
    std::vector<OutgoingMail> leased;
    for (const auto& [lane, limit] :
         {std::pair(Lane::kAwaited, room.awaited), std::pair(Lane::kBulk, room.bulk)}) {
      if (limit <= 0) continue;
      ASSIGN_OR_RETURN(std::vector<OutgoingMail> due,
                       stores_.deliveries.Lease(session, lane, now, lease, limit));
      std::ranges::move(due, std::back_inserter(leased));
    }
    return leased;
  };
  // Processes that lease at once must pass one another by.
  ASSIGN_OR_RETURN(std::vector<OutgoingMail> leased, database_.WriteUnderLocks(take));
  // Mostly all are still wanted, and to see that nothing has to be written.
  ASSIGN_OR_RETURN(const auto unwanted, database_.Read([&](Session& session) {
    return Unwanted(session, leased);
  }));
  if (unwanted.empty()) return leased;
  return database_.Write([&](Session& session) -> absl::StatusOr<std::vector<OutgoingMail>> {
    ASSIGN_OR_RETURN(const auto now_unwanted, Unwanted(session, leased));
    RETURN_IF_ERROR(Cancel(session, leased, now_unwanted));
    // What cancelling one has cancelled with it is no longer ours.
    return stores_.deliveries.Leased(session, IdsOf(leased), lease);
  });
}

absl::StatusOr<DeliveryQueue::FedMails> DeliveryQueue::Feed(int limit) {
  FedMails result;
  if (feed_ == nullptr || limit <= 0) return result;
  const absl::Time present_since = presence_.Since();
  const MailLease lease = NewLease(clock_.Now());
  absl::StatusOr<Fed> fed = feed_(limit, lease);
  if (!fed.ok()) {
    NoteBroken(lease);
    return fed.status();
  }
  result.rest = fed->rest;
  for (OutgoingMail& mail : fed->mails) {
    result.mails.push_back({.mail = std::move(mail),
                            .lease_until = lease.until,
                            .present_since = present_since});
  }
  return result;
}

absl::StatusOr<std::map<std::string, std::string>> DeliveryQueue::Unwanted(
    Session& session, const std::vector<OutgoingMail>& leased) const {
  std::vector<std::string> invitation_ids, contact_ids, addresses, asked_for;
  for (const OutgoingMail& mail : leased) {
    const Message& message = mail.message;
    if (CarriesLink(message)) invitation_ids.push_back(message.invitation_id());
    if (!message.contact_id().empty()) contact_ids.push_back(message.contact_id());
    const bool is_asked_for = message.kind() == MESSAGE_KIND_NOTICE;
    (is_asked_for ? asked_for : addresses).push_back(message.recipient());
  }
  ASSIGN_OR_RETURN(const auto invitations, stores_.invitations.FindAll(session, invitation_ids));
  ASSIGN_OR_RETURN(const auto recipients, stores_.recipients.FindAll(session, contact_ids));
  ASSIGN_OR_RETURN(const std::set<std::string> suppressed,
                   stores_.suppressions.Suppressed(session, addresses));
  ASSIGN_OR_RETURN(const std::set<std::string> unreachable,
                   stores_.suppressions.Unreachable(session, asked_for));
  const absl::Time now = clock_.Now();
  // Empty where the message may go out.
  const auto fault = [&](const Message& message) -> const char* {
    if (message.recipient().empty()) return kContactUnknown;
    if (message.kind() == MESSAGE_KIND_TEST) return "";
    const std::string address = mail::AddressKey(message.recipient());
    if (message.kind() == MESSAGE_KIND_NOTICE) {
      return unreachable.contains(address) ? kEmailSuppressed : "";
    }
    const auto recipient = recipients.find(message.contact_id());
    if (recipient == recipients.end()) return kContactUnknown;
    if (recipient->second.is_gone && !CarriesLink(message)) return kContactUnlinked;
    if (CarriesLink(message)) {
      const auto invitation = invitations.find(message.invitation_id());
      if (invitation == invitations.end() || !IsLive(invitation->second) ||
          IsPastExpiry(invitation->second, now) || !IsFor(recipient->second, message)) {
        return kInvitationRevoked;
      }
    }
    if (!IsAtSameAddress(recipient->second, message)) return kEmailChanged;
    return suppressed.contains(address) ? kEmailSuppressed : "";
  };
  std::map<std::string, std::string> unwanted;
  for (const OutgoingMail& mail : leased) {
    const std::string reason = fault(mail.message);
    if (!reason.empty()) unwanted.emplace(mail.message.id(), reason);
  }
  return unwanted;
}

absl::Status DeliveryQueue::Cancel(Session& session, const std::vector<OutgoingMail>& leased,
                                   const std::map<std::string, std::string>& unwanted) const {
  std::map<std::string, std::vector<std::string>> without_link;  // By reason.
  for (const OutgoingMail& mail : leased) {
    const auto found = unwanted.find(mail.message.id());
    if (found == unwanted.end()) continue;
    if (CarriesLink(mail.message)) {
      RETURN_IF_ERROR(CancelWithInvitation(session, mail.message));
    } else {
      without_link[found->second].push_back(mail.message.id());
    }
  }
  for (const auto& [reason, ids] : without_link) {
    RETURN_IF_ERROR(stores_.messages.CancelAll(session, ids, reason, clock_.Now()));
  }
  return absl::OkStatus();
}

absl::Status DeliveryQueue::CancelWithInvitation(Session& session, const Message& message) const {
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
  return stores_.messages.CancelAll(session, {message.id()}, kInvitationRevoked, clock_.Now());
}

absl::Status DeliveryQueue::Release(std::span<const ClaimedMail> mails) {
  if (mails.empty()) return absl::OkStatus();
  std::map<absl::Time, std::vector<std::string>> by_lease;
  for (const ClaimedMail& claimed : mails) {
    by_lease[claimed.lease_until].push_back(claimed.mail.message.id());
  }
  return database_.Write([&](Session& session) -> absl::Status {
    for (const auto& [until, ids] : by_lease) {
      RETURN_IF_ERROR(stores_.deliveries.Release(session, ids, {options_.owner, until}));
    }
    return absl::OkStatus();
  });
}

absl::Status DeliveryQueue::PutOff(std::span<const Delayed> mails) {
  if (mails.empty()) return absl::OkStatus();
  std::map<absl::Time, std::vector<DeliveryStore::Delay>> by_lease;
  for (const auto& [claimed, due] : mails) {
    by_lease[claimed.lease_until].push_back({.id = claimed.mail.message.id(), .due = due});
  }
  return database_.Write([&](Session& session) -> absl::Status {
    for (const auto& [until, delays] : by_lease) {
      RETURN_IF_ERROR(stores_.deliveries.PutOff(session, delays, {options_.owner, until}));
    }
    return absl::OkStatus();
  });
}

absl::Status DeliveryQueue::ReleaseOwn() {
  return database_.Write(
      [&](Session& session) { return stores_.deliveries.ReleaseAll(session, options_.owner); });
}

absl::StatusOr<absl::Duration> DeliveryQueue::UntilNext(LaneRoom room) {
  const absl::Time now = clock_.Now();
  absl::Time next = now + kLongestRest;
  RETURN_IF_ERROR(database_.Read([&](Session& session) -> absl::Status {
    for (const auto& [lane, limit] :
         {std::pair(Lane::kAwaited, room.awaited), std::pair(Lane::kBulk, room.bulk)}) {
      if (limit <= 0) continue;
      ASSIGN_OR_RETURN(const auto due, stores_.deliveries.NextDue(session, lane, now));
      if (due.has_value()) next = std::min(next, *due);
    }
    return absl::OkStatus();
  }));
  return std::max(next - now, absl::ZeroDuration());
}

absl::StatusOr<int64_t> DeliveryQueue::CountWaiting(Lane lane) {
  return database_.Read(
      [&](Session& session) { return stores_.deliveries.CountWaiting(session, lane); });
}

}  // namespace portico::invitation

#include "services/invitation/bulk_feeder.h"

#include <algorithm>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/mail/address.h"

namespace portico::invitation {

using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

namespace {

constexpr char kTooManyFail[] = "TOO_MANY_FAILURES";

// How many to mail now, so that a throttled bulk send mails evenly.
int PortionOf(const BulkSend& bulk, int limit) {
  if (bulk.max_per_minute() == 0) return limit;
  return std::clamp(static_cast<int>(bulk.max_per_minute() / 60), 1, limit);
}

absl::Time NextFeed(const BulkSend& bulk, absl::Time now, size_t count) {
  // Whatever the clock is set to.
  if (bulk.max_per_minute() == 0) return absl::UnixEpoch();
  return now + absl::Minutes(1) * static_cast<double>(count) / bulk.max_per_minute();
}

// Whether an invitation stands in the way of another.
bool IsInvited(const Invitation& invitation) {
  return IsLive(invitation) || invitation.state() == INVITATION_STATE_BOUNCED ||
         invitation.state() == INVITATION_STATE_EXPIRED ||
         invitation.state() == INVITATION_STATE_ACCEPTED;
}

}  // namespace

std::string BulkFeeder::NextTurn(const std::vector<std::string>& due) {
  absl::MutexLock lock(&mutex_);
  const auto next = std::ranges::upper_bound(due, last_turn_);
  last_turn_ = next == due.end() ? due.front() : *next;
  return last_turn_;
}

absl::StatusOr<Fed> BulkFeeder::Feed(int limit, const MailLease& lease) {
  Fed fed;
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(const BulkStore::Turns turns, database_.Read([&](Session& session) {
    return stores_.bulk_sends.FindTurns(session, now);
  }));
  if (turns.due.empty()) {
    fed.rest = turns.next - now;
    return fed;
  }
  const std::string id = NextTurn(turns.due);
  std::vector<Draft> drafts;
  for (int i = 0; i < limit; ++i) drafts.push_back(inviter_.NewDraft());
  ASSIGN_OR_RETURN(fed.mails, database_.Write([&](Session& session) {
    return Feed(session, id, drafts, lease);
  }));
  // Whoever has no turn now has one soon.
  fed.rest = absl::ZeroDuration();
  return fed;
}

absl::StatusOr<std::vector<OutgoingMail>> BulkFeeder::Feed(Session& session, const std::string& id,
                                                           const std::vector<Draft>& drafts,
                                                           const MailLease& lease) const {
  ASSIGN_OR_RETURN(std::optional<BulkSend> bulk, stores_.bulk_sends.Find(session, id));
  if (!bulk.has_value() || bulk->state() != BULK_SEND_STATE_RUNNING) {
    return std::vector<OutgoingMail>();
  }
  ASSIGN_OR_RETURN(const BulkSendProgress progress, stores_.bulk_sends.Progress(session, *bulk));
  ASSIGN_OR_RETURN(const bool fails, stores_.bulk_sends.FailsTooOften(session, *bulk, progress));
  if (fails) {
    bulk->set_state(BULK_SEND_STATE_PAUSED);
    bulk->set_pause_reason(kTooManyFail);
    log::Warn("a bulk send is paused, as too many of its mails fail",
              {{"bulk_send", id}, {"failed", progress.failed() + progress.bounced()}});
    RETURN_IF_ERROR(stores_.bulk_sends.Save(session, *bulk));
    RETURN_IF_ERROR(stores_.messages.Hold(session, id));
    return std::vector<OutgoingMail>();
  }
  const size_t limit =
      static_cast<size_t>(PortionOf(*bulk, static_cast<int>(drafts.size())));
  ASSIGN_OR_RETURN(Portion portion, Gather(session, *std::move(bulk), limit));
  Made made;
  for (size_t i = 0; i < portion.lines.size(); ++i) {
    RETURN_IF_ERROR(Mail(session, portion, drafts[i], portion.lines[i], made));
  }
  RETURN_IF_ERROR(stores_.invitations.InsertAll(session, made.invitations, made.token_hashes));
  RETURN_IF_ERROR(stores_.messages.InsertAll(session, made.mails, lease));
  RETURN_IF_ERROR(stores_.ledger.Settle(
      session, id, portion.lines, NextFeed(portion.bulk, clock_.Now(), portion.lines.size())));
  return std::move(made.mails);
}

absl::StatusOr<BulkFeeder::Portion> BulkFeeder::Gather(Session& session, BulkSend bulk,
                                                       size_t limit) const {
  Portion portion;
  ASSIGN_OR_RETURN(portion.lines,
                   stores_.ledger.Waiting(session, bulk.id(), static_cast<int64_t>(limit)));
  std::vector<std::string> contact_ids, addresses;
  std::set<std::string> account_ids;
  for (const BulkLedger::Line& line : portion.lines) contact_ids.push_back(line.contact_id);
  ASSIGN_OR_RETURN(portion.recipients, stores_.recipients.FindAll(session, contact_ids));
  for (const auto& [id, recipient] : portion.recipients) {
    account_ids.insert(recipient.account_id);
    addresses.push_back(recipient.email);
  }
  ASSIGN_OR_RETURN(portion.latest, stores_.invitations.LatestOf(session, contact_ids));
  ASSIGN_OR_RETURN(portion.suppressed, stores_.suppressions.Suppressed(session, addresses));
  ASSIGN_OR_RETURN(const account::v1::BatchGetAccountsResponse accounts,
                   stores_.accounts.Describe(session, std::vector<std::string>(account_ids.begin(),
                                                                               account_ids.end())));
  portion.facts = ReadFacts(accounts, defaults_);
  ASSIGN_OR_RETURN(portion.texts, stores_.bulk_sends.FindTexts(session, bulk.id()));
  ASSIGN_OR_RETURN(
      const std::optional<TemplateText> text,
      stores_.templates.Text(session, portion.texts.template_id, portion.texts.version));
  if (!text.has_value()) return absl::InternalError("the texts of a bulk send are gone");
  portion.subject = text->subject;
  ASSIGN_OR_RETURN(portion.text_template,
                   stores_.templates.Find(session, portion.texts.template_id));
  portion.bulk = std::move(bulk);
  return portion;
}

absl::Status BulkFeeder::Mail(Session& session, const Portion& portion, const Draft& draft,
                              BulkLedger::Line& line, Made& made) const {
  const bool is_retry = !line.message_id.empty();
  const auto found = portion.recipients.find(line.contact_id);
  if (found == portion.recipients.end()) {
    line.skip_reason = kContactUnknown;
    return absl::OkStatus();
  }
  const Recipient& recipient = found->second;
  const AccountFacts* account = portion.facts.Find(recipient.account_id);
  const bool suppressed = portion.suppressed.contains(mail::AddressKey(recipient.email));
  const auto before = portion.latest.find(line.contact_id);
  const Invitation* latest = before == portion.latest.end() ? nullptr : &before->second;

  DecisionReason reason = portion.bulk.general()
                              ? Inviter::JudgeLetter(recipient, suppressed)
                              : Inviter::JudgeUninvited(recipient, account, Trigger::kStaff,
                                                        suppressed);
  const bool is_by_choice = !portion.bulk.has_filter() || portion.bulk.filter().include_invited();
  // Whoever is tried again may have been invited by others meanwhile.
  const bool is_spared = latest != nullptr && (is_retry ? IsLive(*latest)
                                                        : !is_by_choice && IsInvited(*latest));
  if (reason == DECISION_REASON_ALL_CONDITIONS_MET && !portion.bulk.general() && is_spared) {
    reason = DECISION_REASON_ALREADY_INVITED;
  }
  if (reason != DECISION_REASON_ALL_CONDITIONS_MET || account == nullptr) {
    line.skip_reason = ReasonName(account == nullptr && reason == DECISION_REASON_ALL_CONDITIONS_MET
                                      ? DECISION_REASON_ACCOUNT_NOT_FOUND
                                      : reason);
    return absl::OkStatus();
  }

  line.message_id = draft.message_id;
  ASSIGN_OR_RETURN(Inviter::Letter letter, Letter(session, portion, *account, line.number));
  if (portion.bulk.general()) {
    letter.kind = MESSAGE_KIND_GENERAL;
    made.mails.push_back(inviter_.MailOf(nullptr, recipient, std::move(letter), draft));
    return absl::OkStatus();
  }
  // Mostly nobody was invited before; what stands from before is dealt with one by one, and such
  // mails are queued.
  if (latest == nullptr) {
    Invitation invitation =
        inviter_.NewInvitation(recipient, draft.invitation_id, portion.facts.terms,
                               INVITATION_ORIGIN_BULK_SEND);
    made.mails.push_back(inviter_.MailOf(&invitation, recipient, std::move(letter), draft));
    made.invitations.push_back(std::move(invitation));
    made.token_hashes.push_back(draft.token_hash);
    return absl::OkStatus();
  }
  const bool renews = IsOpen(*latest) || latest->state() == INVITATION_STATE_EXPIRED;
  return renews ? inviter_
                      .Resend(session, *latest, recipient, portion.facts.terms, draft,
                              std::move(letter))
                      .status()
                : inviter_
                      .Invite(session, recipient, portion.facts.terms,
                              INVITATION_ORIGIN_BULK_SEND, draft, std::move(letter))
                      .status();
}

absl::StatusOr<Inviter::Letter> BulkFeeder::Letter(Session& session, const Portion& portion,
                                                   const AccountFacts& account,
                                                   int64_t number) const {
  const std::optional<Template>& own = portion.text_template;
  // A contact may have been chosen whose division has other templates.
  const bool fits = portion.bulk.general() || !own.has_value() || own->division_ids().empty() ||
                    std::ranges::count(own->division_ids(), account.division_id) > 0;
  Inviter::Letter letter;
  if (fits) {
    letter = Inviter::LetterOf(portion.texts.template_id, portion.texts.version, portion.subject,
                               own.has_value() ? own->locale() : "", portion.facts, account);
  } else {
    ASSIGN_OR_RETURN(letter, inviter_.WriteLetter(session, portion.facts, account, ""));
  }
  if (!portion.bulk.sender_email().empty()) letter.sender.address = portion.bulk.sender_email();
  letter.lane = Lane::kBulk;
  letter.bulk_send_id = portion.bulk.id();
  letter.bulk_number = number;
  return letter;
}

}  // namespace portico::invitation

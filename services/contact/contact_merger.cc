#include "services/contact/contact_merger.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "portico/contact/v1/contact_events.pb.h"

namespace portico::contact {

using storage::Session;

namespace {

// As the field rules of the proto say.
constexpr int kMostPhones = 4;
constexpr int kMostTags = 50;
constexpr size_t kLongestNote = 4000;
constexpr int64_t kMoved = 500;  // How many contacts change their account at a time.

std::string Digits(const std::string& number) {
  std::string digits;
  for (const char c : number) {
    if (absl::ascii_isdigit(c)) digits += c;
  }
  return digits;
}

void JoinPhones(const v1::Contact& loser, v1::Contact& winner) {
  std::set<std::string> known;
  for (const v1::Phone& phone : winner.phones()) known.insert(Digits(phone.number()));
  for (const v1::Phone& phone : loser.phones()) {
    if (winner.phones_size() < kMostPhones && known.insert(Digits(phone.number())).second) {
      *winner.add_phones() = phone;
    }
  }
}

void JoinTags(const v1::Contact& loser, v1::Contact& winner) {
  std::set<std::string> known(winner.tags().begin(), winner.tags().end());
  for (const std::string& tag : loser.tags()) {
    if (winner.tags_size() < kMostTags && known.insert(tag).second) winner.add_tags(tag);
  }
}

void JoinAddresses(const v1::Contact& loser, v1::Contact& winner) {
  for (const std::string& address : {loser.email(), loser.email2()}) {
    const std::string key = mail::AddressKey(address);
    if (key.empty() || key == mail::AddressKey(winner.email())) continue;
    if (winner.email().empty()) {
      winner.set_email(address);
    } else if (winner.email2().empty()) {
      winner.set_email2(address);
    }
  }
}

absl::Status AlreadyMerged(const v1::Contact& contact) {
  return rpc::ErrorWithReason(
      absl::StatusCode::kFailedPrecondition, "CONTACT_MERGED",
      absl::StrCat("contact: got the id ", rpc::Quoted(contact.id()), ", which was merged into ",
                   contact.merged_into_id()),
      {{"merged_into_id", contact.merged_into_id()}});
}

}  // namespace

v1::Contact Merged(const v1::Contact& winner, const v1::Contact& loser) {
  v1::Contact merged = winner;
  if (merged.title().empty()) merged.set_title(loser.title());
  JoinAddresses(loser, merged);
  JoinPhones(loser, merged);
  JoinTags(loser, merged);
  if (merged.note().empty()) {
    merged.set_note(loser.note());
  } else if (!loser.note().empty() && merged.note() != loser.note() &&
             merged.note().size() + loser.note().size() < kLongestNote) {
    absl::StrAppend(merged.mutable_note(), "\n", loser.note());
  }
  if (merged.external_id().empty()) merged.set_external_id(loser.external_id());
  // PRIMARY comes before SECONDARY, and both before none.
  const auto rank = [](v1::BillingContact billing) {
    return billing == v1::BILLING_CONTACT_PRIMARY     ? 2
           : billing == v1::BILLING_CONTACT_SECONDARY ? 1
                                                      : 0;
  };
  if (rank(loser.billing_contact()) > rank(winner.billing_contact())) {
    merged.set_billing_contact(loser.billing_contact());
  }
  return merged;
}

absl::StatusOr<v1::Contact> ContactMerger::Merge(const v1::MergeContactsRequest& request) const {
  if (request.id() == request.loser_id()) {
    return rpc::InvalidField("loser_id", "got the id of the contact that stays, want another");
  }
  return contacts_.database_.Write([&](Session& session) -> absl::StatusOr<v1::Contact> {
    ASSIGN_OR_RETURN(const v1::Contact winner, contacts_.Get(session, request.id()));
    ASSIGN_OR_RETURN(const v1::Contact loser, contacts_.Get(session, request.loser_id()));
    if (!winner.merged_into_id().empty()) return AlreadyMerged(winner);
    if (loser.merged_into_id() == winner.id()) return winner;  // Asked for again.
    if (!loser.merged_into_id().empty()) return AlreadyMerged(loser);
    RETURN_IF_ERROR(rpc::CheckEtag("contact", request.etag(), winner.etag()));
    RETURN_IF_ERROR(rpc::CheckEtag("loser", request.loser_etag(), loser.etag()));
    if (winner.account_id() != loser.account_id()) {
      return rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition, "DIFFERENT_ACCOUNTS",
                                  "loser_id: got a contact of another account");
    }
    if (winner.has_unlink_time() || loser.has_unlink_time()) {
      return rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition, "CONTACT_UNLINKED",
                                  "got a contact that was unlinked from its account");
    }
    v1::Contact alias = loser;
    alias.set_merged_into_id(winner.id());
    alias.set_billing_contact(v1::BILLING_CONTACT_NONE);
    v1::Contact merged = Merged(winner, loser);
    if (merged.external_id() == loser.external_id()) alias.clear_external_id();
    const ActivityStore& activities = contacts_.activities_;
    v1::Activity gone = activities.Now(loser.id(), v1::ACTIVITY_KIND_MERGED_AWAY);
    gone.set_subject_id(winner.id());
    v1::Activity joined = activities.Now(winner.id(), v1::ACTIVITY_KIND_MERGED);
    joined.set_subject_id(loser.id());
    RETURN_IF_ERROR(contacts_.Save(session, loser, alias, std::move(gone)));
    RETURN_IF_ERROR(contacts_.Save(session, winner, merged, std::move(joined)));
    RETURN_IF_ERROR(session
                        .Execute("update contact set merged_into_id = :winner "
                                 "where merged_into_id <> '' and merged_into_id = :loser",
                                 winner.id(), loser.id())
                        .status());
    RETURN_IF_ERROR(activities.Move(session, loser, winner.id()));
    RETURN_IF_ERROR(MovePortalUsers(session, winner, loser));
    v1::ContactsMerged event;
    ASSIGN_OR_RETURN(*event.mutable_winner(), contacts_.Get(session, winner.id()));
    *event.mutable_loser() = loser;
    RETURN_IF_ERROR(contacts_.events_.Append(session, event, winner.id(), winner.account_id()));
    return event.winner();
  });
}

absl::Status ContactMerger::MovePortalUsers(Session& session, const v1::Contact& winner,
                                            const v1::Contact& loser) const {
  RETURN_IF_ERROR(session
                      .Execute("insert into portal_membership (portal_user_id, contact_id) "
                               "select portal_user_id, cast(:winner as text) "
                               "from portal_membership where contact_id = :loser "
                               "on conflict do nothing",
                               winner.id(), loser.id())
                      .status());
  RETURN_IF_ERROR(
      session.Execute("delete from portal_membership where contact_id = :loser", loser.id())
          .status());
  if (winner.portal().is_portal_user() || !loser.portal().is_portal_user()) {
    return absl::OkStatus();
  }
  return session
      .Execute(
          "update contact set portal_is_portal_user = 1, portal_user_id = :user_id, "
          "portal_portal_user_id = :portal_user_id where id = :id",
          loser.portal().user_id(), loser.portal().portal_user_id(), winner.id())
      .status();
}

absl::Status ContactMerger::MoveAll(Session& session, const std::string& from_account,
                                    const std::string& to_account) const {
  ASSIGN_OR_RETURN(const auto primary,
                   session.SelectOne<std::string>("select id from contact where "
                                                  "account_id = :account and billing_contact = 2",
                                                  to_account));
  std::string after_id;
  while (true) {
    ASSIGN_OR_RETURN(std::vector<v1::Contact> some,
                     contacts_.table_.List(session,
                                           "where account_id = :account and id > :after "
                                           "order by id limit :limit",
                                           from_account, after_id, kMoved));
    std::vector<events::Draft> drafts;
    for (const v1::Contact& before : some) {
      v1::Contact after = before;
      after.set_account_id(to_account);
      if (primary.has_value() && after.billing_contact() == v1::BILLING_CONTACT_PRIMARY) {
        after.set_billing_contact(v1::BILLING_CONTACT_SECONDARY);
      }
      v1::Activity moved =
          contacts_.activities_.Now(before.id(), v1::ACTIVITY_KIND_ACCOUNT_MERGED);
      moved.set_subject_id(from_account);
      RETURN_IF_ERROR(contacts_.Save(session, before, after, std::move(moved)));
      RETURN_IF_ERROR(session
                          .Execute("update contact set account_id = :account where id = :id",
                                   to_account, after.id())
                          .status());
      v1::ContactUpdated event;
      *event.mutable_contact() = after;
      drafts.push_back(contacts_.events_.Prepare(event, after.id(), to_account));
    }
    RETURN_IF_ERROR(contacts_.events_.AppendAll(session, drafts));
    if (static_cast<int64_t>(some.size()) < kMoved) return absl::OkStatus();
    after_id = some.back().id();
  }
}

}  // namespace portico::contact

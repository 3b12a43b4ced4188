#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/session.h"
#include "portico/contact/v1/contact.pb.h"
#include "portico/registration/v1/portal_user.pb.h"
#include "services/invitation/stale_recipients.h"

namespace portico::invitation {

// A contact as this service knows it.
struct Recipient {
  std::string contact_id;
  std::string account_id;
  std::string site_id;
  std::string name;
  std::string email;  // As mail::NormalizeAddress gives it; not always a valid one.
  bool access_enabled = false;
  std::string account_name;
  std::string portal_user_id;
  std::string acceptance_id;
  int64_t update_time = 0;  // Microseconds, the contact's own.
  bool fetched = false;
  bool is_billing_contact = false;
  bool is_gone = false;  // Unlinked, erased or merged away.

  // From the moment that its invitation is redeemed, so that nobody invites it
  // again while its portal user is being made.
  bool is_portal_user() const { return !portal_user_id.empty() || !acceptance_id.empty(); }
};

// How a contact became known: an event tells of the version that it is about, again perhaps; what
// was asked for may be ahead of the events, and is taken over only where it is newer.
enum class Source { kEvent, kFetched };

// The projection of contacts and memberships. What changes one notes it as stale. Every call
// answers Session's errors.
class RecipientStore {
 public:
  explicit RecipientStore(const StaleRecipients& stale) : stale_(stale) {}

  absl::StatusOr<std::optional<Recipient>> Find(storage::Session& session,
                                                std::string_view contact_id) const;
  // By contact id.
  absl::StatusOr<std::map<std::string, Recipient>> FindAll(
      storage::Session& session, const std::vector<std::string>& contact_ids) const;

  // The contact that this one was merged into, if it was.
  absl::StatusOr<std::optional<Recipient>> FindWinner(storage::Session& session,
                                                      std::string_view contact_id) const;

  // Takes over what is new in `contact`, and the account's name unless it is
  // empty. Answers what is known now.
  absl::StatusOr<Recipient> Learn(storage::Session& session,
                                  const portico::contact::v1::Contact& contact, Source source,
                                  std::string_view account_name) const;

  // As Learn, for what a batch of events tells, in their order: answers what was known after
  // each of them.
  struct News {
    const portico::contact::v1::Contact* contact;
    std::string account_name;
  };
  absl::StatusOr<std::vector<Recipient>> LearnAll(storage::Session& session,
                                                  std::span<const News> news) const;

  // The contact is a portal user now; it need not be known yet.
  absl::StatusOr<Recipient> SetPortalUser(storage::Session& session,
                                          const portico::registration::v1::Membership& membership,
                                          std::string_view portal_user_id) const;

  // From now on the loser stands for the winner, who is a portal user where the loser is one.
  absl::Status Merge(storage::Session& session, std::string_view loser_id,
                     std::string_view winner_id) const;

  // Forgets name and address.
  absl::Status Erase(storage::Session& session, std::string_view contact_id) const;

  // An acceptance has taken the contact's invitation.
  absl::Status SetAcceptance(storage::Session& session, std::string_view contact_id,
                             std::string_view acceptance_id) const;

 private:
  absl::Status PassPortalUserOn(storage::Session& session, std::string_view contact_id) const;
  absl::Status Save(storage::Session& session, std::span<const Recipient* const> recipients) const;

  const StaleRecipients& stale_;
};

}  // namespace portico::invitation

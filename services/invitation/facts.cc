#include "services/invitation/facts.h"

#include <absl/strings/str_cat.h>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/rpc/errors.h"

namespace portico::invitation {
namespace {

using portico::account::v1::Account;
using portico::account::v1::AccountClass;
using portico::account::v1::BatchGetAccountsRequest;
using portico::account::v1::BatchGetAccountsResponse;
using portico::account::v1::Division;

constexpr absl::Duration kDefaultLifetime = absl::Hours(14 * 24);

// The most ids that BatchGetAccounts takes.
constexpr size_t kMaxIds = 1000;

std::string WithoutEndSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

AccountFacts ReadAccount(const Account& account, const AccountClass& account_class,
                         const Division& division, const std::string& common_sender,
                         const SenderDomains& sender_domains) {
  const std::string own_sender = mail::NormalizeAddress(division.email());
  return {.id = account.id(),
          .number = account.number(),
          .name = account.display_name(),
          .active = account.status() == portico::account::v1::ACCOUNT_STATUS_ACTIVE,
          .class_portal_enabled = account_class.portal().access_enabled(),
          .class_auto_send = account_class.portal().auto_send_invitation(),
          .division_id = division.id(),
          .division_name = division.display_name(),
          .sender = {
              .display_name = division.display_name(),
              .address = sender_domains.IsAllowedSender(own_sender) ? own_sender : common_sender}};
}

}  // namespace

const AccountFacts* Facts::Find(std::string_view account_id) const {
  const auto found = accounts.find(account_id);
  return found == accounts.end() ? nullptr : &found->second;
}

std::string DefaultSender(std::string_view portal_url) {
  const size_t scheme = portal_url.find("://");
  std::string_view host =
      scheme == std::string_view::npos ? portal_url : portal_url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/:?#"));
  const std::string sender = absl::StrCat("noreply@", std::string(host));
  return mail::IsValidAddress(sender) ? mail::NormalizeAddress(sender) : "noreply@portal.invalid";
}

Facts ReadFacts(const BatchGetAccountsResponse& response, const Defaults& defaults) {
  std::map<std::string, const AccountClass*> classes;
  for (const AccountClass& entry : response.account_classes()) classes[entry.id()] = &entry;
  std::map<std::string, const Division*> divisions;
  for (const Division& entry : response.divisions()) divisions[entry.id()] = &entry;
  const auto& options = response.portal_options();

  Facts facts;
  facts.portal_url =
      WithoutEndSlash(options.portal_url().empty() ? defaults.portal_url : options.portal_url());
  facts.template_id = options.invitation_template_id();
  const auto& lifetime = options.invitation_lifetime();
  facts.terms.lifetime = absl::Seconds(lifetime.seconds()) + absl::Nanoseconds(lifetime.nanos());
  if (facts.terms.lifetime <= absl::ZeroDuration()) facts.terms.lifetime = kDefaultLifetime;
  for (const auto& after : options.reminder_schedule()) {
    facts.terms.reminders.push_back(absl::Seconds(after.seconds()));
  }

  std::string common_sender = mail::NormalizeAddress(options.invitation_from_email());
  if (!defaults.sender_domains.IsAllowedSender(common_sender)) common_sender = defaults.sender;
  facts.sender = common_sender;
  for (const Account& account : response.accounts()) {
    const auto account_class = classes.find(account.account_class_id());
    const auto division = divisions.find(account.division_id());
    facts.accounts[account.id()] = ReadAccount(
        account,
        account_class == classes.end() ? AccountClass::default_instance() : *account_class->second,
        division == divisions.end() ? Division::default_instance() : *division->second,
        common_sender, defaults.sender_domains);
  }
  // A recipient may still be known as one of an account that was merged into another.
  for (const Account& account : response.accounts()) {
    const AccountFacts* stays = facts.Find(account.merged_into_id());
    if (stays != nullptr) facts.accounts[account.id()] = *stays;
  }
  return facts;
}

absl::StatusOr<Facts> FactSource::Accounts(const std::set<std::string>& ids) {
  BatchGetAccountsRequest request;
  request.set_include_setup(true);
  Facts facts;
  auto next = ids.begin();
  do {
    request.clear_ids();
    for (size_t count = 0; count < kMaxIds && next != ids.end(); ++count, ++next) {
      request.add_ids(*next);
    }
    ASSIGN_OR_RETURN(const auto response, account_.Call<BatchGetAccountsResponse>(request));
    Facts some = ReadFacts(response, defaults_);
    some.accounts.merge(facts.accounts);
    facts = std::move(some);
  } while (next != ids.end());
  return facts;
}

absl::StatusOr<portico::contact::v1::Contact> FactSource::Contact(const std::string& id) {
  portico::contact::v1::BatchGetContactsRequest request;
  request.add_ids(id);
  ASSIGN_OR_RETURN(auto response,
                   contact_.Call<portico::contact::v1::BatchGetContactsResponse>(request));
  if (response.contacts().empty()) {
    return absl::NotFoundError(
        absl::StrCat("got contact ", rpc::Quoted(id), ", which does not exist"));
  }
  return std::move(*response.mutable_contacts(0));
}

}  // namespace portico::invitation

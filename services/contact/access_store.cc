#include "services/contact/access_store.h"

#include <absl/strings/str_cat.h>

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/storage/id_list.h"
#include "libs/storage/plain_json.h"
#include "services/contact/access_rule.h"
#include "services/contact/account_directory.h"

namespace portico::contact {

using storage::Session;

namespace {

// Whom a question is about: what AccessFacts is made of, where it is, and the id that is asked for.
struct Subject {
  const char* account;
  const char* rest;
  const char* from;
  const char* id;
};

// A contact, or the one that it was merged into. Most were not, for whom this looks no other up.
constexpr Subject kContact = {
    .account = "coalesce(winner.account_id, asked.account_id)",
    .rest =
        "coalesce(winner.site_id, asked.site_id), "
        "case when coalesce(winner.portal_access_enabled, asked.portal_access_enabled) = 1 "
        "and case when winner.id is null then asked.unlink_time else winner.unlink_time end "
        "is null then 1 else 0 end, "
        "coalesce(winner.portal_site_ids, asked.portal_site_ids)",
    .from =
        "from contact as asked left join contact as winner "
        "on winner.id = nullif(asked.merged_into_id, '') ",
    .id = "asked.id"};
constexpr Subject kPortalUser = {
    .account = "contact.account_id",
    .rest =
        "contact.site_id, "
        "case when contact.portal_access_enabled = 1 and contact.unlink_time is null "
        "then 1 else 0 end, contact.portal_site_ids",
    .from = "from portal_membership as asked join contact on contact.id = asked.contact_id ",
    .id = "asked.portal_user_id"};

// Until it has gone over, a contact of an account that was merged is one of the other already.
std::string Columns(const Subject& subject) {
  return absl::StrCat(
      "coalesce((select own.merged_into_id from known_account as own where own.id = ",
      subject.account, " and own.merged_into_id <> ''), ", subject.account, "), ", subject.rest);
}

AccessFacts FactsOf(const std::string& account_id, const std::string& site_id, int64_t enabled,
                    const std::string& granted) {
  AccessFacts facts{.enabled = enabled != 0, .account_id = account_id, .site_id = site_id};
  if (granted.empty()) return facts;
  static const auto* const kSites =
      v1::Contact::descriptor()->FindFieldByNumber(v1::Contact::kPortalSiteIdsFieldNumber);
  v1::Contact sites;
  if (storage::PlainFromJson(granted, kSites, sites)) {
    facts.granted.assign(sites.portal_site_ids().begin(), sites.portal_site_ids().end());
  } else {
    facts.enabled = false;  // A broken row opens nothing.
  }
  return facts;
}

using Facts = std::map<std::string, std::vector<AccessFacts>>;

// By the ids asked for.
absl::StatusOr<Facts> ReadFacts(Session& session, const Subject& subject,
                                const std::vector<std::string>& ids) {
  Facts facts;
  if (ids.empty()) return facts;
  using Row = std::tuple<std::string, std::string, std::string, int64_t, std::string>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, std::string, std::string, int64_t, std::string>(
                       absl::StrCat("select ", subject.id, ", ", Columns(subject), " ",
                                    subject.from, "where ", session.IsAmong(subject.id, ":ids")),
                       storage::ListOf(ids))));
  for (const auto& [id, account_id, site_id, enabled, granted] : rows) {
    facts[id].push_back(FactsOf(account_id, site_id, enabled, granted));
  }
  return facts;
}

// Pairs of a key and a text, by the key.
absl::StatusOr<std::map<std::string, std::string>> ReadTexts(Session& session,
                                                             const std::string& select,
                                                             const std::vector<std::string>& ids) {
  std::map<std::string, std::string> texts;
  if (ids.empty()) return texts;
  using Row = std::tuple<std::string, std::string>;
  ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      (session.Select<std::string, std::string>(
          absl::StrCat(select, " where ", session.IsAmong("id", ":ids")), storage::ListOf(ids))));
  for (const auto& [key, text] : rows) texts[key] = text;
  return texts;
}

std::string Found(const std::map<std::string, std::string>& texts, const std::string& key,
                  const std::string& otherwise) {
  const auto found = texts.find(key);
  return found == texts.end() || found->second.empty() ? otherwise : found->second;
}

}  // namespace

absl::StatusOr<v1::CheckAccessResponse> AccessStore::Check(
    const v1::AccessQuestion& question) const {
  const bool by_contact = question.has_contact_id();
  const Subject& subject = by_contact ? kContact : kPortalUser;
  using Row = std::tuple<std::string, std::string, int64_t, std::string, std::optional<std::string>,
                         std::optional<std::string>>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows, database_.ReadOne([&](Session& session) {
    return session.Select<std::string, std::string, int64_t, std::string,
                          std::optional<std::string>, std::optional<std::string>>(
        absl::StrCat("select ", Columns(subject), ", ", AccountDirectory::kAccountOfSite,
                     ", known_account.merged_into_id ", subject.from,
                     "left join known_site on known_site.id = :site_id "
                     "left join known_account on known_account.id = :account_id where ",
                     subject.id, " = :subject"),
        question.site_id(), question.account_id(),
        by_contact ? question.contact_id() : question.portal_user_id());
  }));
  AskedFor asked{.account_id = question.account_id(), .site_id = question.site_id()};
  std::vector<AccessFacts> contacts;
  for (const auto& [account_id, site_id, enabled, granted, account_of_site, merged_into] : rows) {
    if (merged_into.has_value() && !merged_into->empty()) asked.account_id = *merged_into;
    asked.account_of_site = account_of_site.value_or("");
    contacts.push_back(FactsOf(account_id, site_id, enabled, granted));
  }
  return MaySee(contacts, asked);
}

absl::StatusOr<v1::BatchCheckAccessResponse> AccessStore::CheckAll(
    const v1::BatchCheckAccessRequest& request) const {
  std::vector<std::string> contact_ids, user_ids, site_ids, account_ids;
  for (const v1::AccessQuestion& question : request.questions()) {
    (question.has_contact_id() ? contact_ids : user_ids)
        .push_back(question.has_contact_id() ? question.contact_id() : question.portal_user_id());
    account_ids.push_back(question.account_id());
    if (!question.site_id().empty()) site_ids.push_back(question.site_id());
  }
  using Response = v1::BatchCheckAccessResponse;
  return database_.Read([&](Session& session) -> absl::StatusOr<Response> {
    ASSIGN_OR_RETURN(const Facts contacts, ReadFacts(session, kContact, contact_ids));
    ASSIGN_OR_RETURN(const Facts users, ReadFacts(session, kPortalUser, user_ids));
    ASSIGN_OR_RETURN(
        const auto accounts_of_sites,
        ReadTexts(session,
                  absl::StrCat("select id, ", AccountDirectory::kAccountOfSite, " from known_site"),
                  site_ids));
    ASSIGN_OR_RETURN(
        const auto merged_into,
        ReadTexts(session, "select id, merged_into_id from known_account", account_ids));
    Response response;
    for (const v1::AccessQuestion& question : request.questions()) {
      const Facts& facts = question.has_contact_id() ? contacts : users;
      const auto found =
          facts.find(question.has_contact_id() ? question.contact_id() : question.portal_user_id());
      *response.add_answers() =
          MaySee(found == facts.end() ? std::vector<AccessFacts>() : found->second,
                 {.account_id = Found(merged_into, question.account_id(), question.account_id()),
                  .site_id = question.site_id(),
                  .account_of_site = Found(accounts_of_sites, question.site_id(), "")});
    }
    return response;
  });
}

}  // namespace portico::contact

#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "portico/contact/v1/contact_events.pb.h"
#include "services/contact/contact_fixture.h"

namespace portico::contact {

// With the calls that link contacts, and what they leave behind.
struct LinkingFixture : ContactFixture {
  v1::Contact Make(const std::string& email = "john@example.com",
                   const std::string& account_id = "acc_gym") {
    v1::Contact contact = NewContact(email);
    contact.set_account_id(account_id);
    return Create(contact).value();
  }

  absl::StatusOr<v1::Contact> Unlink(const std::string& id, const std::string& etag = "") {
    v1::UnlinkContactRequest request;
    request.set_id(id);
    request.set_etag(etag);
    request.set_reason("left the company");
    auto response = Call<v1::UnlinkContactResponse>(request);
    if (!response.ok()) return response.status();
    return response->contact();
  }

  absl::StatusOr<v1::Contact> Merge(const std::string& id, const std::string& loser_id) {
    v1::MergeContactsRequest request;
    request.set_id(id);
    request.set_loser_id(loser_id);
    auto response = Call<v1::MergeContactsResponse>(request);
    if (!response.ok()) return response.status();
    return response->contact();
  }

  absl::StatusOr<v1::Contact> Erase(const std::string& id) {
    v1::EraseContactRequest request;
    request.set_id(id);
    auto response = Call<v1::EraseContactResponse>(request);
    if (!response.ok()) return response.status();
    return response->contact();
  }

  absl::StatusOr<v1::Contact> Grant(const std::string& id, bool enabled,
                                    const std::vector<std::string>& sites) {
    v1::SetPortalAccessRequest request;
    request.set_id(id);
    request.mutable_portal_access()->set_enabled(enabled);
    request.mutable_portal_access()->set_all_sites(enabled && sites.empty());
    for (const std::string& site : sites) request.mutable_portal_access()->add_site_ids(site);
    auto response = Call<v1::SetPortalAccessResponse>(request);
    if (!response.ok()) return response.status();
    return response->contact();
  }

  bool MaySee(const std::string& contact_id, const std::string& account_id,
              const std::string& site_id = "") {
    v1::CheckAccessRequest request;
    request.mutable_question()->set_contact_id(contact_id);
    request.mutable_question()->set_account_id(account_id);
    request.mutable_question()->set_site_id(site_id);
    const bool allowed = Call<v1::CheckAccessResponse>(request).value().allowed();
    v1::BatchCheckAccessRequest batch;
    *batch.add_questions() = request.question();
    *batch.add_questions() = request.question();
    const auto answers = Call<v1::BatchCheckAccessResponse>(batch).value();
    CHECK(answers.answers_size() == 2);
    CHECK(answers.answers(1).allowed() == allowed);
    return allowed;
  }

  bool UserMaySee(const std::string& portal_user_id, const std::string& account_id) {
    v1::CheckAccessRequest request;
    request.mutable_question()->set_portal_user_id(portal_user_id);
    request.mutable_question()->set_account_id(account_id);
    return Call<v1::CheckAccessResponse>(request).value().allowed();
  }

  std::vector<v1::Activity> History(const std::string& id, int32_t page_size = 0) {
    std::vector<v1::Activity> all;
    v1::ListActivityRequest request;
    request.set_contact_id(id);
    request.set_page_size(page_size);
    do {
      const auto page = Call<v1::ListActivityResponse>(request).value();
      if (page_size > 0) CHECK(page.activities_size() <= page_size);
      all.insert(all.end(), page.activities().begin(), page.activities().end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

  std::vector<v1::ActivityKind> Kinds(const std::string& id) {
    std::vector<v1::ActivityKind> kinds;
    for (const v1::Activity& activity : History(id)) kinds.push_back(activity.kind());
    return kinds;
  }

  void BecomePortalUser(const std::string& contact_id, const std::string& portal_user_id) {
    REQUIRE(database
                ->Write([&](storage::Session& session) {
                  return SavePortalUser(session, contact_id, portal_user_id,
                                        portal_user_id + ".name");
                })
                .ok());
  }

  template <class Event>
  std::vector<Event> Published() {
    std::vector<Event> published;
    for (const events::v1::Event& event : Events()) {
      Event payload;
      if (event.data().UnpackTo(&payload)) published.push_back(payload);
    }
    return published;
  }
};

}  // namespace portico::contact

#include "portico/account/v1/account_events.pb.h"
#include "services/account/account_fixture.h"

namespace portico::account {
namespace {

struct SiteFixture : AccountFixture {
  absl::StatusOr<v1::Site> GetSite(const std::string& account_id, const std::string& id) {
    v1::GetSiteRequest request;
    request.set_account_id(account_id);
    request.set_id(id);
    auto response = Call<v1::GetSiteResponse>(request);
    if (!response.ok()) return response.status();
    return response->site();
  }

  absl::StatusOr<v1::ListSitesResponse> ListSites(const std::string& account_id) {
    v1::ListSitesRequest request;
    request.set_account_id(account_id);
    return Call<v1::ListSitesResponse>(request);
  }

  const v1::Account account = AccountFixture::Create(NewAccount("1")).value();
  const v1::Account other = AccountFixture::Create(NewAccount("2")).value();
};

TEST_CASE_METHOD(SiteFixture, "A site is active unless said otherwise and is published", "[site]") {
  v1::Site wanted = NewSite(account);
  wanted.mutable_address()->add_lines("225 Rice St");
  wanted.set_county("Ramsey");
  const v1::Site site = Create(wanted).value();
  CHECK(site.status() == v1::SITE_STATUS_ACTIVE);
  CHECK(GetSite(account.id(), site.id()).value().ShortDebugString() == site.ShortDebugString());
  v1::SiteCreated event;
  REQUIRE(Events().back().data().UnpackTo(&event));
  CHECK(event.site().ShortDebugString() == site.ShortDebugString());
  CHECK(Events().back().partition() == account.id());
  CHECK(Events().back().subject() == site.id());
}

TEST_CASE_METHOD(SiteFixture, "Emptying the status of a site does not make it active", "[site]") {
  v1::Site site = NewSite(account);
  site.set_status(v1::SITE_STATUS_INACTIVE);
  site.set_external_id("erp-1");
  site = Create(site).value();
  v1::UpdateSiteRequest update;
  *update.mutable_site() = site;
  update.mutable_site()->clear_status();
  update.mutable_update_mask()->add_paths("status");
  CHECK(FieldsOf(Call<v1::UpdateSiteResponse>(update).status()) ==
        std::vector<std::string>{"site.status"});

  std::vector<v1::ImportSiteRow> rows(2);
  rows[0].set_line(1);
  rows[0].mutable_site()->set_external_id("erp-1");
  rows[1].set_line(2);
  rows[1].set_account_number("1");
  rows[1].mutable_site()->set_number("2");
  rows[1].mutable_site()->set_display_name("New");
  v1::ImportOptions options;
  options.mutable_update_mask()->add_paths("status");
  const v1::ImportProgress progress = Import(rows, options).value();
  CHECK(progress.created() == 1);
  REQUIRE(progress.refusals_size() == 1);
  CHECK(progress.refusals(0).line() == 1);
  CHECK(progress.refusals(0).field() == "site.status");
  CHECK(GetSite(account.id(), site.id()).value().status() == v1::SITE_STATUS_INACTIVE);
  const auto listed = ListSites(account.id()).value();
  for (const v1::Site& each : listed.sites()) {
    if (each.number() == "2") CHECK(each.status() == v1::SITE_STATUS_ACTIVE);
  }
}

TEST_CASE_METHOD(SiteFixture, "A site number is unique within its account", "[site]") {
  REQUIRE(Create(NewSite(account)).ok());
  const absl::Status status = Create(NewSite(account)).status();
  CHECK(status.code() == absl::StatusCode::kAlreadyExists);
  CHECK_THAT(std::string(status.message()), Catch::Contains("site.number"));
  CHECK(Create(NewSite(other)).ok());
}

TEST_CASE_METHOD(SiteFixture, "A site needs an account and a source that exist", "[site]") {
  v1::Site site = NewSite(account);
  site.set_account_id("acc_none");
  CHECK(Create(site).status().code() == absl::StatusCode::kNotFound);
  site.set_account_id(account.id());
  site.set_site_source_id("ssr_none");
  CHECK(FieldsOf(Create(site).status()) == std::vector<std::string>{"site.site_source_id"});
}

TEST_CASE_METHOD(SiteFixture, "A site is found only under its own account", "[site]") {
  const v1::Site site = Create(NewSite(account)).value();
  CHECK(GetSite(other.id(), site.id()).status().code() == absl::StatusCode::kNotFound);
  CHECK(ListSites(account.id()).value().sites_size() == 1);
  CHECK(ListSites(other.id()).value().sites_size() == 0);
  CHECK(ListSites("acc_none").status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE_METHOD(SiteFixture, "UpdateSite changes the site but never its account", "[site]") {
  const v1::Site site = Create(NewSite(account)).value();
  v1::UpdateSiteRequest request;
  *request.mutable_site() = site;
  request.mutable_site()->set_status(v1::SITE_STATUS_INACTIVE);
  SECTION("under its own account") {
    const auto updated = Call<v1::UpdateSiteResponse>(request).value().site();
    CHECK(updated.status() == v1::SITE_STATUS_INACTIVE);
    CHECK(updated.account_id() == account.id());
    CHECK(Events().back().type() == "portico.account.v1.SiteUpdated");
  }
  SECTION("under another account") {
    request.mutable_site()->set_account_id(other.id());
    request.mutable_update_mask()->add_paths("account_id");
    CHECK(Call<v1::UpdateSiteResponse>(request).status().code() == absl::StatusCode::kNotFound);
    CHECK(GetSite(account.id(), site.id()).value().ShortDebugString() == site.ShortDebugString());
  }
}

}  // namespace
}  // namespace portico::account

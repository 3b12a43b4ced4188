#include "services/account/setup_service.h"

#include "portico/account/v1/account_events.pb.h"
#include "services/account/account_fixture.h"

namespace portico::account {
namespace {

TEST_CASE_METHOD(AccountFixture, "A division needs an e-mail address that is one", "[setup]") {
  v1::CreateDivisionRequest request;
  request.mutable_division()->set_display_name("North");
  CHECK(FieldsOf(Call<v1::CreateDivisionResponse>(request).status()) ==
        std::vector<std::string>{"division.email"});
  request.mutable_division()->set_email("north@");
  const absl::Status status = Call<v1::CreateDivisionResponse>(request).status();
  CHECK(FieldsOf(status) == std::vector<std::string>{"division.email"});
  CHECK_THAT(std::string(status.message()),
             Catch::Contains(R"(division.email: got "north@", want an e-mail address)"));
  CHECK(Events().empty());
}

TEST_CASE_METHOD(AccountFixture, "A division's name is unique, and its request id is remembered",
                 "[setup]") {
  v1::CreateDivisionRequest request;
  request.set_request_id("r1");
  request.mutable_division()->set_display_name("North");
  request.mutable_division()->set_email("north@hauler.example");
  const auto first = Call<v1::CreateDivisionResponse>(request).value().division();
  CHECK(first.active());
  CHECK(Call<v1::CreateDivisionResponse>(request).value().division().id() == first.id());
  CHECK(Events().size() == 1);

  request.clear_request_id();
  absl::Status status = Call<v1::CreateDivisionResponse>(request).status();
  CHECK(status.code() == absl::StatusCode::kAlreadyExists);
  CHECK_THAT(std::string(status.message()), Catch::Contains("division.display_name"));

  request.set_request_id("r1");
  request.mutable_division()->set_display_name("South");
  status = Call<v1::CreateDivisionResponse>(request).status();
  CHECK(rpc::ReasonOf(status) == "REQUEST_ID_REUSED");
  CHECK(Events().size() == 1);
}

TEST_CASE_METHOD(AccountFixture, "A request id belongs to one kind of resource", "[setup]") {
  v1::CreateBillGroupRequest group;
  group.set_request_id("r1");
  group.mutable_bill_group()->set_display_name("Monthly");
  v1::CreateAccountSourceRequest source;
  source.set_request_id("r1");
  source.mutable_account_source()->set_display_name("Monthly");
  CHECK(Call<v1::CreateBillGroupResponse>(group).ok());
  CHECK(Call<v1::CreateAccountSourceResponse>(source).ok());
}

TEST_CASE_METHOD(AccountFixture, "An account class comes back with its portal settings",
                 "[setup]") {
  v1::CreateAccountClassRequest request;
  v1::AccountClass& wanted = *request.mutable_account_class();
  wanted.set_display_name("COMMERCIAL");
  wanted.set_default_credit_limit_minor(500'000);
  wanted.set_default_terms("Net 20");
  wanted.set_default_rebate_payment_type("Mail Check");
  wanted.set_default_bill_by_site(true);
  wanted.set_gl_segment("100");
  v1::PortalSettings& portal = *wanted.mutable_portal();
  portal.set_access_enabled(true);
  portal.set_add_sites_enabled(true);
  portal.set_new_location_template("standard");
  portal.set_new_location_bundle("weekly");
  portal.set_on_call_orders_enabled(true);
  portal.set_report_access_enabled(true);
  portal.set_show_work_order_photos(true);
  portal.set_show_work_order_attachments(true);
  portal.set_auto_send_invitation(true);
  portal.set_invoice_verified_registration(true);
  portal.set_registration_approval_required(true);

  const auto created = Call<v1::CreateAccountClassResponse>(request).value().account_class();

  wanted.set_id(created.id());
  wanted.set_active(true);
  portal.set_home_page(v1::HOME_PAGE_STANDARD);
  portal.set_inactive_site_viewing(v1::INACTIVE_SITE_VIEWING_NO);
  *wanted.mutable_create_time() = created.create_time();
  *wanted.mutable_update_time() = created.update_time();
  wanted.set_etag(created.etag());
  CHECK(created.ShortDebugString() == wanted.ShortDebugString());
  v1::GetAccountClassRequest get;
  get.set_id(created.id());
  CHECK(Call<v1::GetAccountClassResponse>(get).value().account_class().ShortDebugString() ==
        wanted.ShortDebugString());
  v1::AccountClassSaved event;
  REQUIRE(Events().back().data().UnpackTo(&event));
  CHECK(event.account_class().ShortDebugString() == wanted.ShortDebugString());
}

TEST_CASE_METHOD(AccountFixture, "One portal setting changes without the others", "[setup]") {
  v1::UpdateAccountClassRequest request;
  *request.mutable_account_class() = CreateClass();
  request.mutable_account_class()->mutable_portal()->set_auto_send_invitation(true);
  request.mutable_account_class()->mutable_portal()->set_access_enabled(true);
  request.mutable_update_mask()->add_paths("portal.auto_send_invitation");
  const auto updated = Call<v1::UpdateAccountClassResponse>(request).value().account_class();
  CHECK(updated.portal().auto_send_invitation());
  CHECK_FALSE(updated.portal().access_enabled());
  CHECK(updated.etag() != request.account_class().etag());
}

TEST_CASE_METHOD(AccountFixture, "Sources are listed in pages", "[setup]") {
  for (const char* name : {"Web", "Phone", "Referral"}) {
    v1::CreateSiteSourceRequest request;
    request.mutable_site_source()->set_display_name(name);
    request.mutable_site_source()->set_active(false);
    REQUIRE(Call<v1::CreateSiteSourceResponse>(request).ok());
    clock.Advance(absl::Seconds(1));
  }
  v1::ListSiteSourcesRequest request;
  request.set_page_size(2);
  const auto first = Call<v1::ListSiteSourcesResponse>(request).value();
  REQUIRE(first.site_sources_size() == 2);
  CHECK(first.site_sources(0).display_name() == "Web");
  CHECK_FALSE(first.site_sources(0).active());
  request.set_page_token(first.next_page_token());
  const auto second = Call<v1::ListSiteSourcesResponse>(request).value();
  REQUIRE(second.site_sources_size() == 1);
  CHECK(second.site_sources(0).display_name() == "Referral");
  CHECK(second.next_page_token().empty());
}

struct PortalOptionsFixture : AccountFixture {
  v1::PortalOptions GetOptions() {
    return Call<v1::GetPortalOptionsResponse>(v1::GetPortalOptionsRequest())
        .value()
        .portal_options();
  }

  absl::StatusOr<v1::PortalOptions> UpdateOptions(const v1::PortalOptions& patch) {
    v1::UpdatePortalOptionsRequest request;
    *request.mutable_portal_options() = patch;
    auto response = Call<v1::UpdatePortalOptionsResponse>(request);
    if (!response.ok()) return response.status();
    return response->portal_options();
  }
};

TEST_CASE_METHOD(PortalOptionsFixture, "Portal options are the defaults until they are changed",
                 "[setup]") {
  const v1::PortalOptions defaults = GetOptions();
  CHECK(defaults.entry_page() == v1::ENTRY_PAGE_SIGN_IN);
  CHECK(defaults.invoice_recency_days() == 90);
  CHECK(defaults.invitation_lifetime().seconds() == 14 * 24 * 3600);
  CHECK(defaults.lockout_threshold() == 10);
  CHECK(defaults.lockout_duration().seconds() == 15 * 60);

  v1::PortalOptions patch;
  patch.set_portal_url("https://portal.hauler.example");
  patch.set_login_message_html("<p>Welcome &amp;\n<script>hello</script></p>");
  patch.add_reminder_schedule()->set_seconds(3 * 24 * 3600);
  const v1::PortalOptions changed = UpdateOptions(patch).value();

  CHECK(changed.login_message_html() == patch.login_message_html());
  CHECK(changed.reminder_schedule_size() == 1);
  CHECK(changed.lockout_threshold() == 10);
  CHECK(changed.etag() != defaults.etag());
  CHECK(GetOptions().ShortDebugString() == changed.ShortDebugString());
  v1::PortalOptionsUpdated event;
  REQUIRE(Events().back().data().UnpackTo(&event));
  CHECK(event.portal_options().ShortDebugString() == changed.ShortDebugString());
}

TEST_CASE_METHOD(PortalOptionsFixture, "Portal options that do not change are not published",
                 "[setup]") {
  v1::PortalOptions patch;
  patch.set_invoice_recency_days(90);
  CHECK(UpdateOptions(patch).value().etag() == GetOptions().etag());
  CHECK(Events().empty());
}

TEST_CASE_METHOD(PortalOptionsFixture, "A second change of the portal options needs a fresh etag",
                 "[setup]") {
  v1::PortalOptions patch = GetOptions();
  patch.set_login_request_enabled(true);
  REQUIRE(UpdateOptions(patch).ok());
  const absl::Status status = UpdateOptions(patch).status();
  CHECK(status.code() == absl::StatusCode::kAborted);
  CHECK(Events().size() == 1);
}

TEST_CASE_METHOD(PortalOptionsFixture, "Portal options name every option that is wrong",
                 "[setup]") {
  v1::PortalOptions patch;
  patch.set_portal_url("https://portal.hauler.example/?a=b");
  patch.set_invitation_from_email("nobody");
  patch.set_login_graphic_url("javascript:alert(1)");
  patch.mutable_invitation_lifetime()->set_seconds(-1);
  patch.add_reminder_schedule()->set_seconds(20);
  patch.add_reminder_schedule()->set_seconds(10);
  CHECK(FieldsOf(UpdateOptions(patch).status()) ==
        std::vector<std::string>{
            "portal_options.portal_url", "portal_options.invitation_from_email",
            "portal_options.login_graphic_url", "portal_options.invitation_lifetime",
            "portal_options.reminder_schedule[1]"});
}

}  // namespace
TEST_CASE_METHOD(AccountFixture, "Emptying whether something is active does not make it active",
                 "[setup]") {
  v1::UpdateDivisionRequest request;
  *request.mutable_division() = CreateDivision();
  request.mutable_division()->clear_etag();
  request.mutable_division()->set_active(false);
  request.mutable_update_mask()->add_paths("active");
  CHECK_FALSE(Call<v1::UpdateDivisionResponse>(request).value().division().active());
  request.mutable_division()->clear_active();
  CHECK(FieldsOf(Call<v1::UpdateDivisionResponse>(request).status()) ==
        std::vector<std::string>{"division.active"});
}

}  // namespace portico::account

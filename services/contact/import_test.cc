#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "portico/contact/v1/contact_events.pb.h"
#include "services/contact/contact_fixture.h"

namespace portico::contact {
namespace {

struct Fixture : ContactFixture {
  Fixture() { fake_accounts.accounts["acc_gym"].set_number("4941"); }

  static v1::ImportContactRow Row(int64_t line, const std::string& external_id,
                                  const std::string& email = "") {
    v1::ImportContactRow row;
    row.set_line(line);
    row.set_account_number("4941");
    row.mutable_contact()->set_external_id(external_id);
    row.mutable_contact()->mutable_name()->set_display("Person " + external_id);
    row.mutable_contact()->set_email(email);
    return row;
  }

  std::unique_ptr<rpc::ExchangeClient> Begin(const v1::ImportContactsOptions& options = {}) {
    auto stream = staff->OpenExchange(*v1::ImportContactsRequest::descriptor());
    v1::ImportContactsRequest first;
    *first.mutable_options() = options;
    REQUIRE(stream->Write(first));
    return stream;
  }

  // The answer to one message of rows.
  v1::ImportContactsResponse Send(rpc::ExchangeClient& stream,
                                  const std::vector<v1::ImportContactRow>& sent) {
    v1::ImportContactsRequest request;
    for (const v1::ImportContactRow& row : sent) *request.add_rows() = row;
    REQUIRE(stream.Write(request));
    v1::ImportContactsResponse answer;
    if (!stream.Read(answer)) FAIL(stream.Finish());
    return answer;
  }

  v1::ImportContactsResponse Import(const std::vector<v1::ImportContactRow>& sent,
                                    const v1::ImportContactsOptions& options = {}) {
    const auto stream = Begin(options);
    const auto answer = Send(*stream, sent);
    stream->WritesDone();
    v1::ImportContactsResponse rest;
    CHECK_FALSE(stream->Read(rest));
    CHECK(stream->Finish().ok());
    return answer;
  }

  // By external id.
  std::map<std::string, v1::Contact> All() {
    const auto response = Call<v1::ListContactsResponse>(v1::ListContactsRequest()).value();
    std::map<std::string, v1::Contact> all;
    for (const v1::Contact& contact : response.contacts()) all[contact.external_id()] = contact;
    return all;
  }
};

}  // namespace

TEST_CASE("An import creates, updates, and leaves alone what is the same", "[import]") {
  Fixture f;
  const auto first = f.Import({f.Row(1, "E1", "a@example.com"), f.Row(2, "E2", "b@example.com")});
  CHECK(first.line() == 2);
  CHECK(first.created() == 2);
  CHECK(f.All().size() == 2);
  CHECK(f.Events().size() == 2);

  auto changed = f.Row(2, "E2");
  changed.mutable_contact()->set_title("Boss");
  const auto second = f.Import({f.Row(1, "E1", "a@example.com"), changed, f.Row(3, "E3")});
  CHECK(second.unchanged() == 1);
  CHECK(second.updated() == 1);
  CHECK(second.created() == 1);
  CHECK(f.Events().size() == 4);
  // What the row left out stayed.
  CHECK(f.All()["E2"].email() == "b@example.com");
  CHECK(f.All()["E2"].title() == "Boss");
  v1::ListActivityRequest request;
  request.set_contact_id(f.All()["E2"].id());
  CHECK(f.Call<v1::ListActivityResponse>(request).value().activities(0).changes(0).field() ==
        "title");
}

TEST_CASE("A wrong row is refused with its line, field and reason, and spoils no other",
          "[import]") {
  Fixture f;
  auto no_account = f.Row(2, "E2");
  no_account.set_account_number("1");
  auto bad_email = f.Row(3, "E3", "x@");
  auto long_title = f.Row(4, "E4");
  long_title.mutable_contact()->set_title(std::string(201, 'x'));
  auto no_name = f.Row(5, "E5");
  no_name.mutable_contact()->clear_name();
  auto bad_site = f.Row(7, "E7");
  bad_site.set_site_number("9");
  auto primary = f.Row(8, "E8");
  primary.mutable_contact()->set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  auto second_primary = f.Row(9, "E9");
  second_primary.mutable_contact()->set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  const auto answer = f.Import({f.Row(1, "E1"), no_account, bad_email, long_title, no_name,
                                f.Row(6, ""), bad_site, primary, second_primary, f.Row(10, "E1")});
  CHECK(answer.created() == 2);
  CHECK(answer.refused() == 8);
  CHECK(answer.line() == 10);
  std::map<int64_t, std::string> fields;
  for (const v1::ImportRefusal& refusal : answer.refusals()) {
    fields[refusal.line()] = refusal.field();
    CHECK_FALSE(refusal.reason().empty());
  }
  CHECK(fields == std::map<int64_t, std::string>{{2, "account_number"},
                                                 {3, "contact.email"},
                                                 {4, "contact.title"},
                                                 {5, "contact.name"},
                                                 {6, "contact.external_id"},
                                                 {7, "site_number"},
                                                 {9, "contact.billing_contact"},
                                                 {10, "contact.external_id"}});
}

TEST_CASE("An import goes on after a break, and asks for an account once", "[import]") {
  Fixture f;
  {
    const auto stream = f.Begin();
    CHECK(f.Send(*stream, {f.Row(1, "E1"), f.Row(2, "E2")}).line() == 2);
    CHECK(f.Send(*stream, {f.Row(3, "E3")}).line() == 3);
    CHECK(f.fake_accounts.questions == 1);
    // Broken off here.
  }
  const auto answer = f.Import({f.Row(3, "E3"), f.Row(4, "E4")});
  CHECK(answer.unchanged() == 1);
  CHECK(answer.created() == 1);
  CHECK(f.All().size() == 4);
}

TEST_CASE("A dry run says what would be done, and does nothing", "[import]") {
  Fixture f;
  v1::ImportContactsOptions options;
  options.set_validate_only(true);
  const auto answer = f.Import({f.Row(1, "E1"), f.Row(2, "E2", "x@")}, options);
  CHECK(answer.created() == 1);
  CHECK(answer.refused() == 1);
  CHECK(f.All().empty());
  CHECK(f.Events().empty());
}

TEST_CASE("What an import says that every row has, a row can also take away", "[import]") {
  Fixture f;
  auto row = f.Row(1, "E1", "a@example.com");
  row.mutable_contact()->set_title("Boss");
  row.mutable_contact()->add_tags("vip");
  f.Import({row});
  v1::ImportContactsOptions options;
  options.mutable_update_mask()->add_paths("title");
  options.mutable_update_mask()->add_paths("email");
  CHECK(f.Import({f.Row(1, "E1", "b@example.com")}, options).updated() == 1);
  CHECK(f.All()["E1"].title().empty());
  CHECK(f.All()["E1"].email() == "b@example.com");
  CHECK(f.All()["E1"].tags_size() == 1);
  options.mutable_update_mask()->add_paths("portal");
  const auto stream = f.Begin(options);
  v1::ImportContactsResponse answer;
  CHECK_FALSE(stream->Read(answer));
  CHECK(FieldsOf(stream->Finish()) == std::vector<std::string>{"options.update_mask"});
}

TEST_CASE("An import hands the primary billing contact over, and needs whole values", "[import]") {
  Fixture f;
  auto first = f.Row(1, "E1");
  first.mutable_contact()->set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  f.Import({first});
  first.mutable_contact()->set_billing_contact(v1::BILLING_CONTACT_SECONDARY);
  auto second = f.Row(2, "E2");
  second.mutable_contact()->set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  auto no_number = f.Row(3, "E3");
  no_number.mutable_contact()->add_phones()->set_kind(v1::PHONE_KIND_MOBILE);
  auto twice = f.Row(4, "E4");
  twice.mutable_contact()->set_account_id("acc_gym");
  const auto answer = f.Import({first, second, no_number, twice});
  CHECK(answer.created() == 1);
  CHECK(answer.updated() == 1);
  REQUIRE(answer.refusals_size() == 2);
  CHECK(answer.refusals(0).field() == "contact.account_id");
  CHECK(answer.refusals(1).field() == "contact.phones[0].number");
  CHECK(f.All()["E2"].billing_contact() == v1::BILLING_CONTACT_PRIMARY);
}

TEST_CASE("What an import leaves out never gives access, nor takes it", "[import]") {
  Fixture f;
  auto row = f.Row(1, "E1");
  row.mutable_contact()->set_portal_access_enabled(false);
  f.Import({row});
  v1::ImportContactsOptions options;
  options.mutable_update_mask()->add_paths("portal_access_enabled");
  const auto answer = f.Import({f.Row(1, "E1")}, options);
  REQUIRE(answer.refusals_size() == 1);
  CHECK(answer.refusals(0).field() == "contact.portal_access_enabled");
  CHECK_FALSE(f.All()["E1"].portal_access_enabled());
}

TEST_CASE("A row of a contact that was merged away changes nothing", "[import]") {
  Fixture f;
  f.Import({f.Row(1, "E1"), f.Row(2, "E2")});
  v1::MergeContactsRequest merge;
  merge.set_id(f.All()["E1"].id());
  merge.set_loser_id(f.All()["E2"].id());
  REQUIRE(f.Call<v1::MergeContactsResponse>(merge).ok());
  CHECK(f.Import({f.Row(1, "E2", "new@example.com")}).unchanged() == 1);
  CHECK(f.All()["E1"].email().empty());
}

TEST_CASE("The lines of an import rise", "[import]") {
  Fixture f;
  const auto stream = f.Begin();
  CHECK(f.Send(*stream, {f.Row(1, "E1"), f.Row(3, "E3")}).line() == 3);
  v1::ImportContactsRequest request;
  *request.add_rows() = f.Row(4, "E4");
  *request.add_rows() = f.Row(4, "E5");
  REQUIRE(stream->Write(request));
  v1::ImportContactsResponse answer;
  CHECK_FALSE(stream->Read(answer));
  CHECK(FieldsOf(stream->Finish()) == std::vector<std::string>{"rows[1].line"});
}

TEST_CASE("Who is imported to an account that was merged is one of the account that stayed",
          "[import]") {
  Fixture f;
  f.fake_accounts.accounts["acc_cafe"].set_number("17");
  auto row = f.Row(1, "E1");
  row.set_account_number("17");
  SECTION("as the account service says") {
    f.fake_accounts.accounts["acc_cafe"].set_merged_into_id("acc_gym");
    auto same = f.Row(2, "E2");
    same.set_account_number("17");
    same.mutable_contact()->set_site_id("sit_downtown");
    CHECK(f.Import({row, same}).created() == 2);
    CHECK(f.All()["E2"].site_id() == "sit_downtown");
  }
  SECTION("as its events say, after it was looked up") {
    const auto stream = f.Begin();
    auto before = f.Row(1, "E0");
    before.set_account_number("17");
    f.Send(*stream, {before});
    REQUIRE(f.database
                ->Write([&](storage::Session& session) {
                  return f.mover.Merge(session, "acc_cafe", "acc_gym");
                })
                .ok());
    row.set_line(2);
    CHECK(f.Send(*stream, {row}).created() == 2);
  }
  CHECK(f.All()["E1"].account_id() == "acc_gym");
}

TEST_CASE("Under the number of an account that was merged a site has its old number", "[import]") {
  Fixture f;
  f.fake_accounts.accounts["acc_cafe"].set_number("17");
  f.fake_accounts.sites["sit_downtown"].set_number("1");
  f.fake_accounts.sites["sit_cafe"].set_number("1");
  auto row = f.Row(1, "E1");
  row.set_account_number("17");
  row.set_site_number("1");
  REQUIRE(f.Import({row}).created() == 1);
  CHECK(f.All()["E1"].site_id() == "sit_cafe");
  f.fake_accounts.accounts["acc_cafe"].set_merged_into_id("acc_gym");
  f.fake_accounts.sites["sit_cafe"].set_account_id("acc_gym");
  f.fake_accounts.sites["sit_cafe"].set_number("1-2");
  f.fake_accounts.old_names[{"acc_cafe", "1"}] = "sit_cafe";
  auto other = f.Row(2, "E2");
  other.set_account_number("17");
  other.set_site_number("1");
  // The first is one of the old account here until that is heard of.
  const auto answer = f.Import({row, other});
  CHECK(answer.unchanged() == 1);
  CHECK(answer.created() == 1);
  CHECK(f.All()["E2"].account_id() == "acc_gym");
  CHECK(f.All()["E2"].site_id() == "sit_cafe");
}

TEST_CASE("An import hears of how invoices are sent", "[import]") {
  Fixture f;
  const auto stream = f.Begin();
  auto row = f.Row(1, "E1");
  row.mutable_contact()->set_receive_invoice_notifications(true);
  CHECK(f.Send(*stream, {row}).created() == 1);
  account::v1::Account account = f.fake_accounts.accounts["acc_gym"];
  account.set_invoice_delivery(account::v1::INVOICE_DELIVERY_MAIL);
  REQUIRE(f.database
              ->Write([&](storage::Session& session) {
                return f.directory.Save(session, account).status();
              })
              .ok());
  auto late = f.Row(2, "E2");
  late.mutable_contact()->set_receive_invoice_notifications(true);
  const auto answer = f.Send(*stream, {late});
  REQUIRE(answer.refusals_size() == 1);
  CHECK(answer.refusals(0).field() == "contact.receive_invoice_notifications");
}

TEST_CASE("Who is imported not to be invited is published so", "[import]") {
  Fixture f;
  v1::ImportContactsOptions options;
  options.set_without_invitation(true);
  f.Import({f.Row(1, "E1", "a@example.com")}, options);
  v1::ContactCreated created;
  REQUIRE(f.Events().at(0).data().UnpackTo(&created));
  CHECK(created.without_invitation());
}

TEST_CASE("An import begins with its options, once", "[import]") {
  Fixture f;
  {
    const auto stream = f.staff->OpenExchange(*v1::ImportContactsRequest::descriptor());
    v1::ImportContactsRequest rows;
    *rows.add_rows() = f.Row(1, "E1");
    REQUIRE(stream->Write(rows));
    v1::ImportContactsResponse answer;
    CHECK_FALSE(stream->Read(answer));
    CHECK(absl::IsInvalidArgument(stream->Finish()));
  }
  const auto stream = f.Begin();
  v1::ImportContactsRequest again;
  again.mutable_options();
  REQUIRE(stream->Write(again));
  v1::ImportContactsResponse answer;
  CHECK_FALSE(stream->Read(answer));
  CHECK(absl::IsInvalidArgument(stream->Finish()));
}

}  // namespace portico::contact

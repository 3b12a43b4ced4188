#include <map>
#include <thread>

#include "libs/testing/sqlite_steps.h"
#include "portico/account/v1/account_events.pb.h"
#include "services/account/account_fixture.h"

namespace portico::account {
namespace {

struct ImportFixture : AccountFixture {
  using AccountFixture::Create;
  using AccountRows = std::vector<v1::ImportAccountRow>;
  using SiteRows = std::vector<v1::ImportSiteRow>;
  using InvoiceRows = std::vector<v1::ImportInvoiceRow>;

  ImportFixture() { NewAccount(); }  // The division "North" and the class "COMMERCIAL".

  static v1::ImportAccountRow AccountRow(int64_t line, const std::string& external_id,
                                         const std::string& number) {
    v1::ImportAccountRow row;
    row.set_line(line);
    row.set_division("North");
    row.set_account_class("COMMERCIAL");
    v1::Account& account = *row.mutable_account();
    account.set_external_id(external_id);
    account.set_number(number);
    account.set_display_name("Account " + number);
    account.set_status(v1::ACCOUNT_STATUS_ACTIVE);
    return row;
  }

  static v1::ImportSiteRow SiteRow(int64_t line, const std::string& account_number,
                                   const std::string& number, const std::string& external_id = "") {
    v1::ImportSiteRow row;
    row.set_line(line);
    row.set_account_number(account_number);
    row.mutable_site()->set_number(number);
    row.mutable_site()->set_external_id(external_id);
    row.mutable_site()->set_display_name("Site " + number);
    return row;
  }

  static v1::ImportInvoiceRow InvoiceRow(int64_t line, const std::string& account_number,
                                         const std::string& number) {
    v1::ImportInvoiceRow row;
    row.set_line(line);
    row.set_account_number(account_number);
    row.mutable_invoice()->set_number(number);
    row.mutable_invoice()->set_issue_date("2026-11-01");
    return row;
  }

  v1::Account ByNumber(const std::string& number) {
    v1::ListAccountsRequest request;
    request.set_number(number);
    const auto response = Call<v1::ListAccountsResponse>(request).value();
    return response.accounts_size() == 1 ? response.accounts(0) : v1::Account();
  }

  std::map<std::string, v1::Site> SitesOf(const v1::Account& account) {
    v1::ListSitesRequest request;
    request.set_account_id(account.id());
    std::map<std::string, v1::Site> sites;
    const auto response = Call<v1::ListSitesResponse>(request).value();
    for (const v1::Site& site : response.sites()) sites[site.number()] = site;
    return sites;
  }

  // The fields that were refused, by line.
  static std::map<int64_t, std::string> Refused(const v1::ImportProgress& progress) {
    std::map<int64_t, std::string> fields;
    for (const v1::ImportRefusal& refusal : progress.refusals()) {
      fields[refusal.line()] = refusal.field();
      CHECK_FALSE(refusal.reason().empty());
    }
    CHECK(fields.size() == static_cast<size_t>(progress.refused()));
    return fields;
  }

  std::string LastEventType() { return Events().back().type(); }
};

}  // namespace

TEST_CASE_METHOD(ImportFixture, "An import of accounts creates, updates, and leaves alone",
                 "[import]") {
  v1::UpdateAccountClassRequest terms;
  terms.mutable_account_class()->set_id(class_id);
  terms.mutable_account_class()->set_default_terms("Net 20");
  REQUIRE(Call<v1::UpdateAccountClassResponse>(terms).ok());
  AccountRows rows = {AccountRow(2, "E1", "1"), AccountRow(3, "E2", "2")};
  rows[1].mutable_account()->set_terms("Net 5");
  rows[1].mutable_account()->set_active_service_count(3);
  const size_t events = Events().size();

  const v1::ImportProgress first = Import(rows).value();
  CHECK(first.line() == 3);
  CHECK(first.created() == 2);
  const v1::Account one = ByNumber("1"), two = ByNumber("2");
  CHECK(one.external_id() == "E1");
  CHECK(one.division_id() == division_id);
  CHECK(one.account_class_id() == class_id);
  CHECK(one.terms() == "Net 20");
  CHECK(one.invoice_delivery() == v1::INVOICE_DELIVERY_NONE);
  CHECK(two.terms() == "Net 5");
  REQUIRE(Events().size() == events + 2);
  v1::AccountCreated created;
  REQUIRE(Events()[events].data().UnpackTo(&created));
  CHECK(created.account().ShortDebugString() == one.ShortDebugString());

  clock.Advance(absl::Seconds(1));
  const v1::ImportProgress again = Import(rows).value();
  CHECK(again.unchanged() == 2);
  CHECK(Events().size() == events + 2);
  CHECK(ByNumber("2").ShortDebugString() == two.ShortDebugString());

  v1::ImportAccountRow changed;  // What it leaves out stays.
  changed.set_line(1);
  changed.mutable_account()->set_external_id("E2");
  changed.mutable_account()->set_number("22");
  const v1::ImportProgress third = Import(AccountRows{changed}).value();
  CHECK(third.updated() == 1);
  v1::AccountUpdated updated;
  REQUIRE(Events().back().data().UnpackTo(&updated));
  CHECK(Events().size() == events + 3);
  CHECK(updated.account().id() == two.id());
  CHECK(updated.account().number() == "22");
  CHECK(updated.account().terms() == "Net 5");
  CHECK(updated.account().active_service_count() == 3);
  CHECK(updated.account().etag() == "2");
  CHECK(ByNumber("22").ShortDebugString() == updated.account().ShortDebugString());
}

TEST_CASE_METHOD(ImportFixture, "The fields of the mask are taken from every row, set or not",
                 "[import]") {
  AccountRows rows = {AccountRow(1, "E1", "1")};
  rows[0].mutable_account()->set_automatic_payment(true);
  rows[0].mutable_account()->set_active_service_count(3);
  rows[0].mutable_account()->mutable_balance_due()->set_currency_code("USD");
  rows[0].mutable_account()->mutable_balance_due()->set_amount_minor(3);
  REQUIRE(Import(rows).ok());
  rows[0].mutable_account()->clear_automatic_payment();
  rows[0].mutable_account()->clear_active_service_count();
  rows[0].mutable_account()->mutable_balance_due()->clear_amount_minor();
  v1::ImportOptions options;
  options.mutable_update_mask()->add_paths("automatic_payment");
  CHECK(Import(rows, options).value().updated() == 1);
  const v1::Account account = ByNumber("1");
  CHECK_FALSE(account.automatic_payment());
  CHECK(account.active_service_count() == 3);
  // An amount counts with its currency.
  CHECK(account.balance_due().amount_minor() == 0);

  options.mutable_update_mask()->set_paths(0, "display_name");
  rows[0].mutable_account()->clear_display_name();
  CHECK(Refused(Import(rows, options).value()) ==
        std::map<int64_t, std::string>{{1, "account.display_name"}});
  for (const char* path : {"no_such_field", "etag", "id", "address.street"}) {
    options.mutable_update_mask()->set_paths(0, path);
    CHECK(FieldsOf(Import(rows, options).status()) ==
          std::vector<std::string>{"options.update_mask"});
  }
}

TEST_CASE_METHOD(ImportFixture, "A column for a part of an address leaves its other parts alone",
                 "[import]") {
  AccountRows rows = {AccountRow(1, "E1", "1")};
  v1::Address& address = *rows[0].mutable_account()->mutable_address();
  address.add_lines("225 Rice St");
  address.set_city("St Paul");
  address.set_postal_code("55103");
  REQUIRE(Import(rows).ok());
  address.Clear();
  address.set_city("Duluth");
  v1::ImportOptions options;
  options.mutable_update_mask()->add_paths("address.city");
  CHECK(Import(rows, options).value().updated() == 1);
  const v1::Address moved = ByNumber("1").address();
  CHECK(moved.city() == "Duluth");
  CHECK(moved.lines_size() == 1);
  CHECK(moved.postal_code() == "55103");
  rows[0].mutable_account()->clear_address();
  CHECK(Import(rows, options).value().updated() == 1);
  CHECK(ByNumber("1").address().city().empty());
  CHECK(ByNumber("1").address().lines_size() == 1);
  CHECK(Import(rows, options).value().unchanged() == 1);
}

TEST_CASE_METHOD(ImportFixture, "A wrong row is refused with its field and spoils no other",
                 "[import]") {
  Create(NewAccount("9")).value();
  AccountRows rows;
  const auto add = [&](const std::string& external_id, const std::string& number,
                       auto change) -> void {
    rows.push_back(AccountRow(static_cast<int64_t>(rows.size()) + 1, external_id, number));
    change(rows.back());
  };
  const auto nothing = [](v1::ImportAccountRow&) {};
  add("E1", "1", nothing);
  add("E2", "2", [](auto& row) { row.set_division("Nrth"); });
  add("E3", "3", [](auto& row) { row.clear_account_class(); });
  add("E4", "4", [](auto& row) { row.mutable_account()->set_terms("a\nb"); });
  add("E5", "5",
      [](auto& row) { row.mutable_account()->mutable_balance_due()->set_amount_minor(5); });
  add("E6", "6", [](auto& row) { row.mutable_account()->clear_status(); });
  add("E7", "1", nothing);  // The number of the first.
  add("E1", "8", nothing);  // The first again.
  add("", "10", nothing);
  add("", "10", nothing);  // The same by number.
  add("", "", nothing);    // None.
  add("E11", "11", [](auto& row) { row.mutable_account()->set_bill_group_id("bgr_none"); });
  add("E12", "12", [](auto& row) { row.mutable_account()->set_division_id("div_other"); });
  add("E13", "13", [](auto& row) { row.clear_account(); });
  add("E14", "14", nothing);

  const v1::ImportProgress progress = Import(rows).value();
  CHECK(progress.line() == 15);
  CHECK(progress.created() == 3);
  CHECK(Refused(progress) ==
        std::map<int64_t, std::string>{{2, "division"},
                                       {3, "account.account_class_id"},
                                       {4, "account.terms"},
                                       {5, "account.balance_due.currency_code"},
                                       {6, "account.status"},
                                       {7, "account.number"},
                                       {8, "account.external_id"},
                                       {10, "account.number"},
                                       {11, "account.number"},
                                       {12, "account.bill_group_id"},
                                       {13, "division"},
                                       {14, "account.number"}});
  CHECK(progress.refusals(0).reason() == R"(got "Nrth", want the name of an existing division)");
  for (const char* number : {"1", "10", "14"}) CHECK(ByNumber(number).has_create_time());
  CHECK_FALSE(ByNumber("2").has_create_time());
}

TEST_CASE_METHOD(ImportFixture, "Numbers and external ids of others are not taken over",
                 "[import]") {
  REQUIRE(Import(AccountRows{AccountRow(1, "E1", "1"), AccountRow(2, "E2", "2"),
                             AccountRow(3, "", "3")})
              .ok());
  const v1::ImportProgress progress =
      Import(AccountRows{
                 AccountRow(1, "E1", "2"),  // Taken.
                 AccountRow(2, "E9", "2"),  // Another account of that number.
                 AccountRow(3, "E3", "3"),  // Had no external id yet.
             })
          .value();
  CHECK(Refused(progress) ==
        std::map<int64_t, std::string>{{1, "account.number"}, {2, "account.number"}});
  CHECK(progress.updated() == 1);
  CHECK(ByNumber("3").external_id() == "E3");
  // What one row gives up, a later one can take.
  const v1::ImportProgress moved =
      Import(
          AccountRows{AccountRow(1, "E1", "4"), AccountRow(2, "E2", "1"), AccountRow(3, "E5", "2")})
          .value();
  CHECK(moved.refused() == 0);
  CHECK(moved.updated() == 2);
  CHECK(ByNumber("1").external_id() == "E2");
  CHECK(ByNumber("2").external_id() == "E5");
  CHECK(ByNumber("4").external_id() == "E1");
}

TEST_CASE_METHOD(ImportFixture, "What is no longer active may stay but not be chosen anew",
                 "[import]") {
  REQUIRE(Import(AccountRows{AccountRow(1, "E1", "1")}).ok());
  v1::UpdateDivisionRequest request;
  request.mutable_division()->set_id(division_id);
  request.mutable_division()->set_active(false);
  REQUIRE(Call<v1::UpdateDivisionResponse>(request).ok());
  AccountRows rows = {AccountRow(1, "E1", "1"), AccountRow(2, "E2", "2")};
  rows[0].mutable_account()->set_terms("Net 1");
  const v1::ImportProgress progress = Import(rows).value();
  CHECK(progress.updated() == 1);
  CHECK(Refused(progress) == std::map<int64_t, std::string>{{2, "account.division_id"}});
}

TEST_CASE_METHOD(ImportFixture, "Only validating tells the same and keeps nothing", "[import]") {
  REQUIRE(Import(AccountRows{AccountRow(1, "E1", "1"), AccountRow(2, "E2", "2")}).ok());
  const size_t events = Events().size();
  AccountRows rows = {AccountRow(1, "E1", "1"), AccountRow(2, "E2", "22"), AccountRow(3, "E3", "3"),
                      AccountRow(4, "E4", "3")};
  v1::ImportOptions options;
  options.set_validate_only(true);
  const v1::ImportProgress progress = Import(rows, options).value();
  CHECK(progress.unchanged() == 1);
  CHECK(progress.updated() == 1);
  CHECK(progress.created() == 1);
  CHECK(Refused(progress) == std::map<int64_t, std::string>{{4, "account.number"}});
  CHECK(Events().size() == events);
  CHECK(ByNumber("2").external_id() == "E2");
  CHECK_FALSE(ByNumber("3").has_create_time());
}

TEST_CASE_METHOD(ImportFixture, "Each message is answered when it is kept, with totals so far",
                 "[import]") {
  const auto stream = staff->OpenExchange(*v1::ImportAccountsRequest::descriptor());
  v1::ImportAccountsRequest message;
  message.mutable_options();
  REQUIRE(stream->Write(message));
  const auto send = [&](const AccountRows& rows) {
    message.Clear();
    for (const auto& row : rows) *message.add_rows() = row;
    REQUIRE(stream->Write(message));
    v1::ImportAccountsResponse answer;
    REQUIRE(stream->Read(answer));
    return answer.progress();
  };
  CHECK(send({AccountRow(5, "E1", "1"), AccountRow(6, "E2", "1")}).refusals_size() == 1);
  CHECK(ByNumber("1").external_id() == "E1");
  const v1::ImportProgress second = send({AccountRow(7, "E3", "3")});
  CHECK(second.line() == 7);
  CHECK(second.created() == 2);
  CHECK(second.refused() == 1);
  CHECK(second.refusals_size() == 0);
  CHECK(send({}).line() == 7);

  message.Clear();  // A line that was answered already.
  *message.add_rows() = AccountRow(8, "E4", "4");
  *message.add_rows() = AccountRow(8, "E5", "5");
  REQUIRE(stream->Write(message));
  v1::ImportAccountsResponse answer;
  CHECK_FALSE(stream->Read(answer));
  CHECK(FieldsOf(stream->Finish()) == std::vector<std::string>{"rows[1].line"});
  CHECK_FALSE(ByNumber("4").has_create_time());
}

TEST_CASE_METHOD(ImportFixture, "What was answered is kept, though the import breaks off",
                 "[import]") {
  AccountRows rows;
  for (int i = 1; i <= 20; ++i)
    rows.push_back(AccountRow(i, "E" + std::to_string(i), std::to_string(i)));
  {
    const auto stream = staff->OpenExchange(*v1::ImportAccountsRequest::descriptor());
    v1::ImportAccountsRequest message;
    message.mutable_options();
    REQUIRE(stream->Write(message));
    message.Clear();
    for (int i = 0; i < 10; ++i) *message.add_rows() = rows[i];
    REQUIRE(stream->Write(message));
    v1::ImportAccountsResponse answer;
    REQUIRE(stream->Read(answer));
    CHECK(answer.progress().line() == 10);
  }
  // All again, as the client may not have got the answer.
  const v1::ImportProgress progress = Import(rows).value();
  CHECK(progress.unchanged() == 10);
  CHECK(progress.created() == 10);
}

TEST_CASE_METHOD(ImportFixture, "Imports of the same rows at once make each account once",
                 "[import]") {
  AccountRows rows;
  for (int i = 1; i <= 200; ++i)
    rows.push_back(AccountRow(i, "E" + std::to_string(i), std::to_string(i)));
  const size_t events = Events().size();
  std::vector<absl::StatusOr<v1::ImportProgress>> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results) threads.emplace_back([&] { result = Import(rows); });
  for (std::thread& thread : threads) thread.join();
  int64_t created = 0;
  for (const auto& result : results) {
    REQUIRE(result.ok());
    CHECK(result->created() + result->unchanged() == 200);
    created += result->created();
  }
  CHECK(created == 200);
  CHECK(Events().size() == events + 200);
}

TEST_CASE_METHOD(ImportFixture, "The options come first, alone, and once", "[import]") {
  const auto ends = [this](const std::vector<v1::ImportAccountsRequest>& messages) {
    const auto stream = staff->OpenExchange(*v1::ImportAccountsRequest::descriptor());
    for (const auto& message : messages) stream->Write(message);
    v1::ImportAccountsResponse answer;
    CHECK_FALSE(stream->Read(answer));
    return FieldsOf(stream->Finish());
  };
  v1::ImportAccountsRequest options, rows, both;
  options.mutable_options();
  *rows.add_rows() = AccountRow(1, "E1", "1");
  both.MergeFrom(options);
  both.MergeFrom(rows);
  CHECK(ends({rows}) == std::vector<std::string>{"options"});
  CHECK(ends({both}) == std::vector<std::string>{"options"});
  CHECK(ends({options, options}) == std::vector<std::string>{"options"});
  CHECK(Call<v1::ListAccountsResponse>(v1::ListAccountsRequest()).value().accounts_size() == 0);
  CHECK(Import(AccountRows(1000, AccountRow(1, "E1", "1"))).status().code() ==
        absl::StatusCode::kInvalidArgument);
}

TEST_CASE_METHOD(ImportFixture, "Sites are found by external id, or by account and number",
                 "[import]") {
  v1::CreateSiteSourceRequest source;
  source.mutable_site_source()->set_display_name("Web");
  const std::string source_id =
      Call<v1::CreateSiteSourceResponse>(source).value().site_source().id();
  REQUIRE(Import(AccountRows{AccountRow(1, "E1", "1"), AccountRow(2, "E2", "2")}).ok());
  SiteRows rows = {SiteRow(1, "1", "1", "S1"), SiteRow(2, "2", "1"), SiteRow(3, "", "2", "S3")};
  rows[0].set_site_source("Web");
  rows[2].set_account_external_id("E1");
  rows[2].mutable_site()->mutable_address()->add_lines("225 Rice St");
  rows[2].mutable_site()->mutable_address()->set_postal_code("55103");
  CHECK(Import(rows).value().created() == 3);
  const auto of_one = SitesOf(ByNumber("1")), of_two = SitesOf(ByNumber("2"));
  CHECK(of_one.at("1").site_source_id() == source_id);
  CHECK(of_one.at("1").status() == v1::SITE_STATUS_ACTIVE);
  CHECK(of_two.at("1").external_id().empty());
  v1::FindSitesByAddressRequest at;
  *at.mutable_address() = of_one.at("2").address();
  CHECK(Call<v1::FindSitesByAddressResponse>(at).value().sites_size() == 1);
  CHECK(Import(rows).value().unchanged() == 3);

  SiteRows changes = {SiteRow(1, "", "1a", "S1"), SiteRow(2, "2", "1"), SiteRow(3, "1", "1a", "S9"),
                      SiteRow(4, "2", "2", "S3"), SiteRow(5, "", "5"),  SiteRow(6, "3", "5"),
                      SiteRow(7, "1", "7", "S7")};
  changes[1].mutable_site()->set_county("Ramsey");
  changes[6].set_account_external_id("E2");
  const v1::ImportProgress progress = Import(changes).value();
  CHECK(progress.updated() == 2);
  CHECK(Refused(progress) ==
        std::map<int64_t, std::string>{{3, "site.number"},            // That of the first row.
                                       {4, "site.account_id"},        // A site keeps its account.
                                       {5, "site.account_id"},        // Whose is it?
                                       {6, "account_number"},         // Nobody's.
                                       {7, "account_external_id"}});  // Two accounts.
  CHECK(SitesOf(ByNumber("1")).at("1a").id() == of_one.at("1").id());
  CHECK(SitesOf(ByNumber("2")).at("1").county() == "Ramsey");
  CHECK(LastEventType() == "portico.account.v1.SiteUpdated");
}

TEST_CASE_METHOD(ImportFixture, "Rows may name an account that was merged", "[import]") {
  REQUIRE(Import(AccountRows{AccountRow(1, "E1", "1"), AccountRow(2, "E2", "2")}).ok());
  REQUIRE(Import(SiteRows{SiteRow(1, "1", "1"), SiteRow(2, "2", "1"), SiteRow(3, "2", "2", "S2")})
              .ok());
  REQUIRE(Import(InvoiceRows{InvoiceRow(1, "2", "I1")}).ok());
  const v1::Account winner = ByNumber("1");
  REQUIRE(Merge(winner, ByNumber("2")).ok());
  const auto sites = SitesOf(winner);
  REQUIRE(sites.size() == 3);

  // The company's own system still knows two customers, each with its own sites.
  CHECK(Import(SiteRows{SiteRow(1, "1", "1"), SiteRow(2, "2", "1"), SiteRow(3, "2", "2", "S2")})
            .value()
            .unchanged() == 3);
  CHECK(Import(InvoiceRows{InvoiceRow(1, "2", "I1")}).value().unchanged() == 1);
  CHECK(Import(AccountRows{AccountRow(1, "E2", "2")}).value().refused() == 1);
  AccountRows loser = {AccountRow(7, "E2", "2")};
  loser[0].mutable_account()->set_terms("Net 1");
  const v1::ImportProgress progress = Import(loser).value();
  CHECK(Refused(progress) == std::map<int64_t, std::string>{{7, "account"}});
  CHECK_THAT(progress.refusals(0).reason(), Catch::Contains("merged into"));

  SiteRows changes = {SiteRow(1, "2", "1", "S1"), SiteRow(2, "2", "3"), SiteRow(3, "2", "1-2")};
  changes[0].mutable_site()->set_county("Ramsey");
  const v1::ImportProgress changed = Import(changes).value();
  CHECK(changed.updated() == 1);
  CHECK(changed.created() == 1);
  CHECK(Refused(changed) == std::map<int64_t, std::string>{{3, "site.number"}});
  const auto after = SitesOf(winner);
  CHECK(after.at("1").ShortDebugString() == sites.at("1").ShortDebugString());
  CHECK(after.at("1-2").id() == sites.at("1-2").id());
  CHECK(after.at("1-2").county() == "Ramsey");
  CHECK(after.at("1-2").external_id() == "S1");
  CHECK(after.contains("3"));
}

TEST_CASE_METHOD(ImportFixture, "Invoices are imported by external id, or by number", "[import]") {
  REQUIRE(Import(AccountRows{AccountRow(1, "E1", "1"), AccountRow(2, "E2", "2")}).ok());
  InvoiceRows rows = {InvoiceRow(1, "1", "I1"), InvoiceRow(2, "2", "I2"), InvoiceRow(3, "1", "I3"),
                      InvoiceRow(4, "1", "I4")};
  rows[0].mutable_invoice()->set_external_id("X1");
  rows[0].mutable_invoice()->set_quick_pay_code("AB12");
  rows[0].mutable_invoice()->mutable_amount()->set_currency_code("USD");
  rows[0].mutable_invoice()->mutable_amount()->set_amount_minor(1250);
  rows[2].mutable_invoice()->clear_issue_date();
  rows[3].mutable_invoice()->set_due_date("2026-02-30");
  const v1::ImportProgress progress = Import(rows).value();
  CHECK(progress.created() == 2);
  CHECK(Refused(progress) ==
        std::map<int64_t, std::string>{{3, "invoice.issue_date"}, {4, "invoice.due_date"}});

  InvoiceRows changes = {InvoiceRow(1, "1", "I1"), InvoiceRow(2, "1", "I2")};
  changes[0].mutable_invoice()->set_external_id("X1");
  changes[0].mutable_invoice()->set_quick_pay_code("CD34");
  const v1::ImportProgress changed = Import(changes).value();
  CHECK(changed.updated() == 1);
  CHECK(Refused(changed) == std::map<int64_t, std::string>{{2, "invoice.account_id"}});
  v1::InvoiceSaved event;
  REQUIRE(Events().back().data().UnpackTo(&event));
  CHECK(event.invoice().amount().amount_minor() == 1250);
  CHECK(event.invoice().quick_pay_code().empty());
}

TEST_CASE_METHOD(ImportFixture, "A refusal does not repeat a secret", "[import]") {
  REQUIRE(Import(AccountRows{AccountRow(1, "E1", "1")}).ok());
  InvoiceRows rows = {InvoiceRow(1, "1", "I1")};
  rows[0].mutable_invoice()->set_quick_pay_code(std::string(41, 'Q'));
  const v1::ImportProgress progress = Import(rows).value();
  CHECK(Refused(progress) == std::map<int64_t, std::string>{{1, "invoice.quick_pay_code"}});
  CHECK_THAT(progress.refusals(0).reason(), !Catch::Contains("QQ"));
}

TEST_CASE_METHOD(ImportFixture, "An import is for who may write accounts", "[import]") {
  rpc::Peer reader = service.Staff({"accounts.read", "setup.write"});
  for (const auto* request :
       {v1::ImportAccountsRequest::descriptor(), v1::ImportSitesRequest::descriptor(),
        v1::ImportInvoicesRequest::descriptor()}) {
    const auto stream = reader.OpenExchange(*request);
    v1::ImportAccountsResponse answer;
    CHECK_FALSE(stream->Read(answer));
    CHECK(absl::IsPermissionDenied(stream->Finish()));
  }
}

TEST_CASE("What an import reads of what there is does not grow with that", "[import]") {
  testing::CountSqliteSteps();
  ImportFixture fixture;
  if (!fixture.database.is_sqlite()) return;
  const auto rows_from = [](int first, int count) {
    ImportFixture::AccountRows rows;
    for (int i = 0; i < count; ++i) {
      rows.push_back(ImportFixture::AccountRow(i + 1, "E" + std::to_string(first + i),
                                               std::to_string(first + i)));
    }
    return rows;
  };
  const auto sites_from = [](int first, int count) {
    ImportFixture::SiteRows rows;
    for (int i = 0; i < count; ++i) {
      rows.push_back(ImportFixture::SiteRow(i + 1, std::to_string(first + i), "1"));
    }
    return rows;
  };
  const auto steps = [&](auto import) { return testing::SqliteSteps([&] { import(); }); };
  const auto accounts = [&](int first, int count) {
    return [&, first, count] { REQUIRE(fixture.Import(rows_from(first, count)).ok()); };
  };
  const auto sites = [&](int first, int count) {
    return [&, first, count] { REQUIRE(fixture.Import(sites_from(first, count)).ok()); };
  };
  accounts(1000, 100)();
  sites(1000, 100)();
  const uint64_t accounts_before = steps(accounts(2000, 100));
  const uint64_t sites_before = steps(sites(2000, 100));
  const uint64_t unchanged_before = steps(accounts(1000, 100));
  for (int thousand = 3; thousand < 8; ++thousand) {
    accounts(1000 * thousand, 1000)();
    sites(1000 * thousand, 1000)();
  }
  CHECK(steps(accounts(8000, 100)) < 2 * accounts_before);
  CHECK(steps(sites(8000, 100)) < 2 * sites_before);
  CHECK(steps(accounts(1000, 100)) < 2 * unchanged_before);
}

}  // namespace portico::account

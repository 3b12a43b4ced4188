#include "tools/cli/header_mapping.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/base/status_macros.h"
#include "portico/account/v1/account.pb.h"
#include "portico/account/v1/invoice.pb.h"
#include "portico/contact/v1/contact_service.pb.h"

namespace portico::cli {
namespace {

using Cells = std::vector<std::string>;

template <class Row>
absl::StatusOr<HeaderMapping> Map(const Cells& headers, const NamedHeaders& named = {}) {
  // The second field of each row.
  return HeaderMapping::Create(*Row::descriptor(), *Row::descriptor()->FindFieldByNumber(2),
                               headers, named);
}

constexpr auto& MapContacts = Map<contact::v1::ImportContactRow>;

contact::v1::ImportContactRow Filled(const Cells& headers, const Cells& cells,
                                     const NamedHeaders& named = {}) {
  contact::v1::ImportContactRow row;
  const auto mapping = MapContacts(headers, named);
  INFO(mapping.status());
  REQUIRE(mapping.ok());
  const auto wrong = mapping->Fill(cells, row);
  INFO((wrong.has_value() ? wrong->field + ": " + wrong->description : ""));
  REQUIRE_FALSE(wrong.has_value());
  return row;
}

std::string WhyNot(const std::string& header, const std::string& cell) {
  contact::v1::ImportContactRow row;
  const auto wrong = MapContacts({header}, {}).value().Fill({cell}, row);
  return wrong.has_value() ? wrong->field + ": " + wrong->description : "";
}

}  // namespace

TEST_CASE("A header that is a field's path means that field, however it is written", "[import]") {
  for (const std::string header : {"contact.email", "email", "Email", " EMAIL ", "Contact.Email"}) {
    CHECK(Filled({header}, {"a@example.com"}).contact().email() == "a@example.com");
  }
  for (const std::string header : {"account_number", "Account Number", "accountNumber"}) {
    CHECK(Filled({header}, {"4941"}).account_number() == "4941");
  }
  const auto row = Filled({"name.first", "Name.Last", "external id"}, {"Jane", "Doe", "E1"});
  CHECK(row.contact().name().first() == "Jane");
  CHECK(row.contact().name().last() == "Doe");
  CHECK(row.contact().external_id() == "E1");
}

TEST_CASE("The mapping goes before the header's own meaning, and can leave a column out",
          "[import]") {
  const auto row =
      Filled({"E-mail Address", "email", "Fax"}, {"a@example.com", "b@example.com", "1"},
             {{"E-mail Address", "email"}, {"email", "email2"}, {"Fax", ""}});
  CHECK(row.contact().email() == "a@example.com");
  CHECK(row.contact().email2() == "b@example.com");
  CHECK(row.contact().phones().empty());
}

TEST_CASE("All unknown headers are told at once, with what there is", "[import]") {
  const auto status = MapContacts({"email", "Shoe size", "Fax"}, {{"Fax", "fax"}}).status();
  CHECK(absl::IsInvalidArgument(status));
  const std::string message(status.message());
  CHECK(message.find("\"Shoe size\", \"Fax\" (fax)") != std::string::npos);
  CHECK(message.find("name.first") != std::string::npos);
  CHECK(message.find("phones.0.number") != std::string::npos);
  CHECK(message.find("account_number") != std::string::npos);
  // Not to be set.
  CHECK(message.find("etag") == std::string::npos);
  CHECK(message.find("create_time") == std::string::npos);
  CHECK(message.find("portal.") == std::string::npos);
}

TEST_CASE("What Portico sets itself, and the number of a row, cannot be mapped", "[import]") {
  for (const std::string header :
       {"id", "line", "etag", "create_time", "portal.user_id", "name", ""}) {
    CHECK_FALSE(MapContacts({header}, {}).ok());
  }
}

TEST_CASE("Two columns for one field, and a mapping of a header that is not there, are wrong",
          "[import]") {
  CHECK_FALSE(MapContacts({"email", "E-mail"}, {{"E-mail", "email"}}).ok());
  CHECK_FALSE(MapContacts({"email"}, {{"Mail", "email"}}).ok());
}

TEST_CASE("Cells become the values of their fields", "[import]") {
  const auto row =
      Filled({"tags", "billing_contact", "service_notification_method",
              "receive_service_notifications", "mobile_opt_out", "portal_access_enabled"},
             {"vip| north ||", "primary", "NOTIFICATION_METHOD_TEXT", "Yes", "0", "FALSE"});
  REQUIRE(row.contact().tags_size() == 2);
  CHECK(row.contact().tags(1) == "north");
  CHECK(row.contact().billing_contact() == contact::v1::BILLING_CONTACT_PRIMARY);
  CHECK(row.contact().service_notification_method() == contact::v1::NOTIFICATION_METHOD_TEXT);
  CHECK(row.contact().receive_service_notifications());
  CHECK_FALSE(row.contact().mobile_opt_out());
  CHECK(row.contact().has_portal_access_enabled());
  CHECK_FALSE(row.contact().portal_access_enabled());
}

TEST_CASE("An empty cell sets nothing", "[import]") {
  const auto row =
      Filled({"email", "portal_access_enabled", "name.first", "tags"}, {"", " ", "", ""});
  CHECK_FALSE(row.contact().has_portal_access_enabled());
  CHECK(row.ByteSizeLong() == 0);
}

TEST_CASE("Items of a list are set by their number, and empty ones close up", "[import]") {
  const Cells headers{"phones.0.number", "phones.1.kind", "phones.1.number", "phones.3.number"};
  const auto row = Filled(headers, {"", "mobile", "555-0101", "555-0103"});
  REQUIRE(row.contact().phones_size() == 2);
  CHECK(row.contact().phones(0).kind() == contact::v1::PHONE_KIND_MOBILE);
  CHECK(row.contact().phones(0).number() == "555-0101");
  CHECK(row.contact().phones(1).number() == "555-0103");
  CHECK_FALSE(MapContacts({"phones.4.number"}, {}).ok());
}

TEST_CASE("A cell that is no value of its field is told with the field and what is wanted",
          "[import]") {
  CHECK(WhyNot("billing_contact", "boss") ==
        "contact.billing_contact: got \"boss\", want one of NONE, PRIMARY, SECONDARY");
  CHECK(WhyNot("mobile_opt_out", "maybe") ==
        "contact.mobile_opt_out: got \"maybe\", want yes or no");
  contact::v1::ImportContactRow row;
  const auto wrong = MapContacts({"email", "title"}, {}).value().Fill({"a@example.com"}, row);
  REQUIRE(wrong.has_value());
  CHECK(wrong->description == "got 1 fields, want 2, as the header has");
}

TEST_CASE("Money is set by its minor units, and lines of an address by their number", "[import]") {
  const auto mapping = Map<account::v1::ImportAccountRow>(
      {"balance_due.amount_minor", "balance_due.currency_code", "address.lines.0",
       "address.lines.1", "division", "status"},
      {});
  REQUIRE(mapping.ok());
  account::v1::ImportAccountRow row;
  REQUIRE_FALSE(
      mapping->Fill({"-1250", "USD", "225 Rice St", "Unit 2", "North", "active"}, row).has_value());
  CHECK(row.account().balance_due().amount_minor() == -1250);
  CHECK(row.account().address().lines(1) == "Unit 2");
  CHECK(row.account().status() == account::v1::ACCOUNT_STATUS_ACTIVE);
  CHECK(row.division() == "North");
  const auto wrong = mapping->Fill({"12.50", "", "", "", "", ""}, row);
  REQUIRE(wrong.has_value());
  CHECK(wrong->description == "got \"12.50\", want a whole number");
}

TEST_CASE("The columns of a file are those of its resource but for what identifies it",
          "[import]") {
  const auto mapping = Map<account::v1::ImportInvoiceRow>(
      {"number", "external_id", "account_number", "amount.amount_minor", "due_date"}, {});
  REQUIRE(mapping.ok());
  CHECK(mapping->Columns() == Cells{"amount.amount_minor", "due_date"});
}

TEST_CASE("The columns of a file name fields within messages one by one, and lists as a whole",
          "[import]") {
  CHECK(MapContacts({"name.first", "phones.0.number", "phones.0.kind", "tags"}, {})
            .value()
            .Columns() == Cells{"name.first", "phones", "tags"});
  const auto sites =
      Map<account::v1::ImportSiteRow>({"external_id", "address.city", "address.lines.1"}, {});
  CHECK(sites.value().Columns() == Cells{"address.city", "address.lines"});
}

}  // namespace portico::cli

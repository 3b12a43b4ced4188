#include "services/account/site_addresses.h"

#include <set>

#include "libs/base/status_macros.h"
#include "services/account/account_fixture.h"

namespace portico::account {
namespace {

struct AddressFixture : AccountFixture {
  v1::Site AddSite(const std::string& number, const std::string& line,
                   const std::string& postal_code = "55103") {
    v1::Site site = NewSite(account, number);
    site.mutable_address()->add_lines(line);
    site.mutable_address()->set_postal_code(postal_code);
    return Create(site).value();
  }

  // The numbers of the sites at an address.
  std::set<std::string> At(const std::string& line, const std::string& postal_code = "55103") {
    v1::FindSitesByAddressRequest request;
    request.mutable_address()->add_lines(line);
    request.mutable_address()->set_postal_code(postal_code);
    std::set<std::string> numbers;
    const auto response = Call<v1::FindSitesByAddressResponse>(request).value();
    for (const v1::Site& site : response.sites()) numbers.insert(site.number());
    return numbers;
  }

  using AccountFixture::Create;
  const v1::Account account = Create(NewAccount()).value();
};

}  // namespace

TEST_CASE_METHOD(AddressFixture, "Sites are found by their address however it is written",
                 "[site]") {
  AddSite("1", "225 Rice Street, Apt 4");
  AddSite("2", "225 Rice Street, Apt 14");
  AddSite("3", "225 Rice Street");
  AddSite("4", "225 Rice Street, Unit 4", "55104");
  AddSite("5", "");
  CHECK(At("225 RICE ST #4", "55103-1234") == std::set<std::string>{"1"});
  CHECK(At("225 Rice St.") == std::set<std::string>{"3"});
  CHECK(At("225 Rice St Apt 5").empty());
  CHECK(At("", "").empty());
  CHECK(At("", "55103").empty());
}

TEST_CASE_METHOD(AddressFixture, "A site in another country is not found", "[site]") {
  v1::Site site = AddSite("1", "9 Main St", "10115");
  site.mutable_address()->set_country_code("DE");
  v1::UpdateSiteRequest update;
  *update.mutable_site() = site;
  update.mutable_site()->clear_etag();
  REQUIRE(Call<v1::UpdateSiteResponse>(update).ok());
  v1::FindSitesByAddressRequest request;
  *request.mutable_address() = site.address();
  const auto count = [&] {
    return Call<v1::FindSitesByAddressResponse>(request).value().sites_size();
  };
  CHECK(count() == 1);
  request.mutable_address()->set_country_code("US");
  CHECK(count() == 0);
  request.mutable_address()->clear_country_code();
  CHECK(count() == 1);
}

TEST_CASE_METHOD(AddressFixture, "A site is found where it is now", "[site]") {
  v1::UpdateSiteRequest request;
  *request.mutable_site() = AddSite("1", "225 Rice St");
  request.mutable_site()->mutable_address()->set_lines(0, "9 Main Rd");
  REQUIRE(Call<v1::UpdateSiteResponse>(request).ok());
  CHECK(At("225 Rice St").empty());
  CHECK(At("9 Main Road") == std::set<std::string>{"1"});
}

TEST_CASE_METHOD(AddressFixture, "Sites that a release without keys wrote are found in the end",
                 "[site]") {
  AddSite("1", "225 Rice St");
  AddSite("2", "9 Main Rd");
  AddSite("3", "7 Elm Way", "55104");
  // As such a release inserts one, and moves another.
  REQUIRE(database
              ->Write([](storage::Session& session) -> absl::Status {
                RETURN_IF_ERROR(session
                                    .Execute("update site set address_key = '', "
                                             "address_key_etag = '' where number = '1'")
                                    .status());
                return session
                    .Execute(
                        "update site set etag = '2', address_lines = "
                        "(select address_lines from site where number = '3') "
                        "where number = '2'")
                    .status();
              })
              .ok());
  CHECK(At("225 Rice St").empty());
  CHECK(At("9 Main Rd").empty());  // It has moved, whatever its key says.

  CHECK(addresses.Refresh() == absl::ZeroDuration());
  CHECK(addresses.Refresh() > absl::ZeroDuration());
  CHECK(At("225 Rice St") == std::set<std::string>{"1"});
  CHECK(At("7 Elm Way") == std::set<std::string>{"2"});
}

}  // namespace portico::account

#include <functional>
#include <set>
#include <thread>

#include "portico/account/v1/account_events.pb.h"
#include "services/account/account_fixture.h"
#include "services/account/site_renumbering.h"

namespace portico::account {
namespace {

struct MergeFixture : AccountFixture {
  using AccountFixture::Create;

  v1::Site AddSite(const v1::Account& account, const std::string& number) {
    return Create(NewSite(account, number)).value();
  }

  std::map<std::string, std::string> SitesOf(const v1::Account& account) {  // Ids by number.
    v1::ListSitesRequest request;
    request.set_account_id(account.id());
    request.set_page_size(1000);
    std::map<std::string, std::string> ids;
    const auto response = Call<v1::ListSitesResponse>(request).value();
    for (const v1::Site& site : response.sites()) {
      CHECK(site.account_id() == Get(account.id()).value().id());
      ids[site.number()] = site.id();
    }
    return ids;
  }

  size_t InvoicesOf(const v1::Account& account) {
    v1::ListInvoicesRequest request;
    request.set_account_id(account.id());
    request.set_page_size(1000);
    return Call<v1::ListInvoicesResponse>(request).value().invoices_size();
  }

  // Itself, not what it was merged into.
  v1::Account Stored(const v1::Account& account) {
    v1::BatchGetAccountsRequest request;
    request.add_ids(account.id());
    const auto response = Call<v1::BatchGetAccountsResponse>(request).value();
    for (const v1::Account& found : response.accounts()) {
      if (found.id() == account.id()) return found;
    }
    return {};
  }

  std::vector<events::v1::Event> EventsAfter(size_t count) {
    std::vector<events::v1::Event> all = Events();
    return {all.begin() + static_cast<std::ptrdiff_t>(count), all.end()};
  }

  const v1::Account winner = Create(NewAccount("1")).value();
  const v1::Account loser = Create(NewAccount("2")).value();
};

}  // namespace

TEST_CASE_METHOD(MergeFixture, "A merge moves sites and invoices and makes the loser an alias",
                 "[merge]") {
  const v1::Site own = AddSite(winner, "1");
  const v1::Site moved = AddSite(loser, "1");
  const v1::Site other = AddSite(loser, "7");
  AddInvoice(loser, "INV-1");
  clock.Advance(absl::Seconds(1));
  const size_t events = Events().size();

  const v1::Account merged = Merge(winner, loser).value();

  CHECK(merged.id() == winner.id());
  CHECK(Get(loser.id()).value().ShortDebugString() == merged.ShortDebugString());
  CHECK(Get(winner.id()).value().ShortDebugString() == merged.ShortDebugString());
  const std::map<std::string, std::string> sites = {
      {"1", own.id()}, {"1-2", moved.id()}, {"7", other.id()}};
  CHECK(SitesOf(winner) == sites);
  CHECK(SitesOf(loser) == sites);
  CHECK(InvoicesOf(winner) == 1);
  CHECK(InvoicesOf(loser) == 1);
  const v1::Account alias = Stored(loser);
  CHECK(alias.merged_into_id() == winner.id());
  CHECK(alias.status() == v1::ACCOUNT_STATUS_CLOSED);
  CHECK(alias.number() == "2");

  const auto told = EventsAfter(events);
  std::vector<std::string> types;
  for (const events::v1::Event& event : told) {
    types.push_back(event.type().substr(sizeof("portico.account.v1.") - 1));
    // What is told of the loser itself stands with all else that was told of it.
    CHECK(event.partition() == (event.subject() == loser.id() ? loser.id() : winner.id()));
  }
  CHECK(types == std::vector<std::string>{"AccountUpdated", "AccountUpdated", "AccountsMerged",
                                          "SiteUpdated", "SiteUpdated", "InvoiceSaved"});
  v1::AccountsMerged event;
  REQUIRE(told[2].data().UnpackTo(&event));
  CHECK(event.winner().ShortDebugString() == merged.ShortDebugString());
  CHECK(event.loser_id() == loser.id());
  v1::SiteUpdated site;
  REQUIRE(told[3].data().UnpackTo(&site));
  CHECK(site.site().account_id() == winner.id());
  CHECK(site.site().etag() == "2");
  CHECK(site.site().update_time().seconds() > moved.update_time().seconds());
}

TEST_CASE_METHOD(MergeFixture, "A site is found by the name that it had before its account's merge",
                 "[merge]") {
  const v1::Site own = AddSite(winner, "1");
  const v1::Site moved = AddSite(loser, "1");
  const v1::Site other = AddSite(loser, "7");
  REQUIRE(Merge(winner, loser).ok());
  v1::BatchGetSitesRequest request;
  const std::vector<std::pair<std::string, std::string>> names = {
      {winner.id(), "1"}, {winner.id(), "1-2"}, {loser.id(), "1"},
      {loser.id(), "7"},  {winner.id(), "7"},   {winner.id(), "9"}};
  for (const auto& [account_id, number] : names) {
    v1::SiteName& name = *request.add_names();
    name.set_account_id(account_id);
    name.set_number(number);
  }
  const auto response = Call<v1::BatchGetSitesResponse>(request).value();
  std::map<std::pair<std::string, std::string>, std::string> named;
  for (const v1::NamedSite& one : response.named()) {
    named[{one.name().account_id(), one.name().number()}] = one.site_id();
  }
  CHECK(named ==
        std::map<std::pair<std::string, std::string>, std::string>{{names[0], own.id()},
                                                                   {names[1], moved.id()},
                                                                   {names[2], moved.id()},
                                                                   {names[3], other.id()},
                                                                   {names[4], other.id()}});
  CHECK(response.sites_size() == 3);
}

TEST_CASE_METHOD(MergeFixture,
                 "A merge adds up what is owed and served, and passes on an external id",
                 "[merge]") {
  v1::Account rich = NewAccount("3");
  rich.set_external_id("erp-3");
  rich.set_active_service_count(2);
  rich.mutable_balance_due()->set_currency_code("USD");
  rich.mutable_balance_due()->set_amount_minor(150);
  rich = Create(rich).value();
  v1::Account first = Merge(winner, rich).value();
  CHECK(first.external_id() == "erp-3");
  CHECK(first.active_service_count() == 2);
  CHECK(first.balance_due().amount_minor() == 150);
  CHECK(Stored(rich).external_id().empty());
  CHECK(Stored(rich).active_service_count() == 0);
  CHECK_FALSE(Stored(rich).has_balance_due());

  v1::Account euro = NewAccount("4");
  euro.set_external_id("erp-4");
  euro.mutable_balance_due()->set_currency_code("EUR");
  euro.mutable_balance_due()->set_amount_minor(9);
  euro = Create(euro).value();
  first = Merge(winner, euro).value();
  CHECK(first.external_id() == "erp-3");
  CHECK(first.balance_due().currency_code() == "USD");
  CHECK(first.balance_due().amount_minor() == 150);
  CHECK(Stored(euro).external_id() == "erp-4");
  CHECK(Stored(euro).balance_due().amount_minor() == 9);
}

TEST_CASE_METHOD(MergeFixture, "A merge that adds up to more than there can be is refused",
                 "[merge]") {
  v1::Account large = NewAccount("3");
  large.mutable_balance_due()->set_currency_code("USD");
  large.mutable_balance_due()->set_amount_minor(1'000'000'000'000'001);
  CHECK(FieldsOf(Create(large).status()) ==
        std::vector<std::string>{"account.balance_due.amount_minor"});
  large.mutable_balance_due()->set_amount_minor(1'000'000'000'000'000);
  large.set_active_service_count(1'000'000'001);
  CHECK(FieldsOf(Create(large).status()) ==
        std::vector<std::string>{"account.active_service_count"});
  large.set_active_service_count(1);
  large = Create(large).value();
  v1::Account small = NewAccount("4");
  small.mutable_balance_due()->set_currency_code("USD");
  small.mutable_balance_due()->set_amount_minor(1);
  small = Create(small).value();
  // As what is there was kept before there was a greatest amount.
  const int64_t kept = GENERATE(int64_t{1'000'000'000'000'000}, int64_t{INT64_MAX});
  REQUIRE(database
              ->Write([&](storage::Session& session) {
                return session
                    .Execute("update account set balance_due_amount_minor = :kept where id = :id",
                             kept, large.id())
                    .status();
              })
              .ok());
  const size_t events = Events().size();
  for (const auto& [one, other] : {std::pair(large, small), {small, large}}) {
    const absl::Status status = Merge(one, other).status();
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(rpc::ReasonOf(status) == "SUM_TOO_LARGE");
  }
  CHECK(Events().size() == events);
  CHECK(Merge(large, winner).ok());  // Nothing is added to it.
}

TEST_CASE_METHOD(MergeFixture, "A merge can be repeated, and nothing happens twice", "[merge]") {
  AddSite(loser, "1");
  const v1::Account merged = Merge(winner, loser).value();
  const size_t events = Events().size();
  v1::MergeAccountsRequest request;
  request.set_id(winner.id());
  request.set_loser_id(loser.id());
  request.set_etag(winner.etag());  // As the first time.
  CHECK(Call<v1::MergeAccountsResponse>(request).value().account().ShortDebugString() ==
        merged.ShortDebugString());
  CHECK(Events().size() == events);
}

TEST_CASE_METHOD(MergeFixture, "A chain of merges leads to its end", "[merge]") {
  const v1::Account last = Create(NewAccount("3")).value();
  const v1::Site site = AddSite(loser, "1");
  REQUIRE(Merge(winner, loser).ok());
  REQUIRE(Merge(last, winner).ok());
  for (const v1::Account& account : {loser, winner, last}) {
    CHECK(Get(account.id()).value().id() == last.id());
    CHECK(SitesOf(account) == std::map<std::string, std::string>{{"1", site.id()}});
  }
  CHECK(Stored(loser).merged_into_id() == last.id());
  v1::AccountUpdated event;
  for (const events::v1::Event& told : Events()) {
    if (told.subject() == loser.id()) (void)told.data().UnpackTo(&event);
  }
  CHECK(event.account().merged_into_id() == last.id());
  // The first merge, once more.
  CHECK(Merge(winner, loser).value().id() == last.id());
}

TEST_CASE_METHOD(MergeFixture, "A merge that cannot be is refused and changes nothing", "[merge]") {
  const v1::Account third = Create(NewAccount("3")).value();
  REQUIRE(Merge(winner, loser).ok());
  const size_t events = Events().size();
  const auto refused = [&](const v1::Account& one, const v1::Account& other) {
    const absl::Status status = Merge(one, other).status();
    return absl::IsFailedPrecondition(status) ? rpc::ReasonOf(status) : status.ToString();
  };
  CHECK(refused(third, loser) == "ACCOUNT_MERGED");
  CHECK(refused(loser, third) == "ACCOUNT_MERGED");
  CHECK(refused(loser, winner) == "ACCOUNT_MERGED");
  CHECK(FieldsOf(Merge(third, third).status()) == std::vector<std::string>{"loser_id"});
  v1::Account none;
  none.set_id("acc_none");
  CHECK(absl::IsNotFound(Merge(third, none).status()));
  CHECK(absl::IsNotFound(Merge(none, third).status()));
  v1::MergeAccountsRequest request;
  request.set_id(third.id());
  request.set_loser_id(winner.id());
  request.set_etag("7");
  const auto stale = [&] {
    const absl::Status status = Call<v1::MergeAccountsResponse>(request).status();
    CHECK(rpc::ReasonOf(status) == "ETAG_STALE");
    return std::string(status.message().substr(0, status.message().find(':')));
  };
  CHECK(stale() == "etag");
  request.set_etag(third.etag());
  request.set_loser_etag(winner.etag());  // Of before the merge.
  CHECK(stale() == "loser_etag");
  CHECK(Events().size() == events);
}

TEST_CASE_METHOD(MergeFixture,
                 "An account whose contacts are still to be made is merged after that", "[merge]") {
  v1::CreateAccountWithContactsRequest request;
  *request.mutable_account() = NewAccount("3");
  request.add_contacts()->mutable_name()->set_display("Ann");
  fake_contacts.FailRealBefore(absl::UnavailableError("away"));
  const v1::Account late = Call<v1::CreateAccountWithContactsResponse>(request).value().account();
  const absl::Status status = Merge(winner, late).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(rpc::ReasonOf(status) == "CONTACTS_PENDING");
  fake_contacts.FailRealBefore(absl::OkStatus());
  clock.Advance(absl::Minutes(2));
  with_contacts.Sweep();
  CHECK(Merge(winner, late).ok());
}

TEST_CASE_METHOD(MergeFixture, "Of two merges at once each ends in one clear result", "[merge]") {
  const v1::Account third = Create(NewAccount("3")).value();
  AddSite(loser, "1");
  absl::StatusOr<v1::Account> results[2];
  std::thread one([&] { results[0] = Merge(winner, loser); });
  std::thread other([&] { results[1] = Merge(third, loser); });
  one.join();
  other.join();
  CHECK(results[0].ok() != results[1].ok());
  for (const auto& result : results) {
    if (!result.ok()) CHECK(rpc::ReasonOf(result.status()) == "ACCOUNT_MERGED");
  }
  const v1::Account& stays = results[0].ok() ? winner : third;
  CHECK(Get(loser.id()).value().id() == stays.id());
  CHECK(SitesOf(stays).size() == 1);

  // Into one another.
  const v1::Account a = Create(NewAccount("4")).value(), b = Create(NewAccount("5")).value();
  std::thread third_one([&] { results[0] = Merge(a, b); });
  std::thread fourth([&] { results[1] = Merge(b, a); });
  third_one.join();
  fourth.join();
  CHECK(results[0].ok() != results[1].ok());
  CHECK(Get(a.id()).value().id() == Get(b.id()).value().id());
}

TEST_CASE_METHOD(MergeFixture, "A merged account is read as the other one and not written",
                 "[merge]") {
  const v1::Site site = AddSite(loser, "1");
  REQUIRE(Merge(winner, loser).ok());
  v1::Account patch;
  patch.set_id(loser.id());
  patch.set_terms("Net 10");
  CHECK(rpc::ReasonOf(Update(patch, "terms").status()) == "ACCOUNT_MERGED");
  CHECK(rpc::ReasonOf(Create(NewSite(loser, "2")).status()) == "ACCOUNT_MERGED");
  v1::UpdateSiteRequest update;
  *update.mutable_site() = site;
  CHECK(rpc::ReasonOf(Call<v1::UpdateSiteResponse>(update).status()) == "ACCOUNT_MERGED");

  v1::GetSiteRequest get;
  get.set_id(site.id());
  for (const v1::Account& account : {winner, loser}) {
    get.set_account_id(account.id());
    CHECK(Call<v1::GetSiteResponse>(get).value().site().account_id() == winner.id());
  }
  v1::ListAccountsRequest list;
  REQUIRE(Call<v1::ListAccountsResponse>(list).value().accounts_size() == 1);
  list.set_number("2");
  const auto by_number = Call<v1::ListAccountsResponse>(list).value();
  REQUIRE(by_number.accounts_size() == 1);
  CHECK(by_number.accounts(0).id() == winner.id());
  CHECK(absl::IsAlreadyExists(Create(NewAccount("2")).status()));  // The number still means it.

  v1::BatchGetAccountsRequest batch;
  batch.add_numbers("2");
  const auto response = Call<v1::BatchGetAccountsResponse>(batch).value();
  REQUIRE(response.accounts_size() == 2);
  CHECK(response.accounts(0).id() == loser.id());
  CHECK(response.accounts(0).merged_into_id() == winner.id());
  CHECK(response.accounts(1).id() == winner.id());
}

TEST_CASE_METHOD(MergeFixture, "An invoice of a merged account is proved by either number",
                 "[merge]") {
  AddInvoice(loser, "INV-1");
  const v1::Account last = Create(NewAccount("3")).value();
  REQUIRE(Merge(winner, loser).ok());
  REQUIRE(Merge(last, winner).ok());
  rpc::Peer peer = service.AsService("invitation");
  for (const auto& [number, verified] :
       {std::pair("1", true), {"2", true}, {"3", true}, {"4", false}}) {
    v1::VerifyInvoiceRequest request;
    request.set_number("INV-1");
    request.set_account_number(number);
    const auto answer = peer.Call<v1::VerifyInvoiceResponse>(request).value();
    CHECK(answer.verified() == verified);
    if (verified) CHECK(answer.account().id() == last.id());
  }
}

namespace {

// The loser has more than a merge moves at once.
struct LargeMergeFixture : MergeFixture {
  static constexpr int kOfWinner = 10, kOfLoser = 690;

  LargeMergeFixture() {
    std::vector<v1::ImportSiteRow> rows;
    for (int i = 1; i <= kOfWinner + kOfLoser; ++i) {
      v1::ImportSiteRow& row = rows.emplace_back();
      row.set_line(i);
      row.set_account_number(i <= kOfWinner ? "1" : "2");
      row.mutable_site()->set_number(std::to_string(i <= kOfWinner ? i : i - kOfWinner));
      row.mutable_site()->set_display_name("Site");
      row.mutable_site()->mutable_address()->add_lines(std::to_string(i) + " Main St");
      row.mutable_site()->mutable_address()->set_postal_code("55103");
    }
    REQUIRE(Import(rows).value().created() == kOfWinner + kOfLoser);
    for (const char* number : {"INV-1", "INV-2"}) AddInvoice(loser, number);
  }

  // The ids of the account's sites, a page at a time.
  std::vector<std::string> PagedSites(
      const v1::Account& account, const std::function<void()>& between = [] {}) {
    v1::ListSitesRequest request;
    request.set_account_id(account.id());
    request.set_page_size(100);
    std::vector<std::string> ids;
    do {
      const auto page = Call<v1::ListSitesResponse>(request).value();
      for (const v1::Site& site : page.sites()) {
        CHECK(site.account_id() == Get(account.id()).value().id());
        ids.push_back(site.id());
      }
      request.set_page_token(page.next_page_token());
      between();
    } while (!request.page_token().empty());
    return ids;
  }

  // How many sites and invoices the database has under the account's own id.
  int64_t KeptWith(const v1::Account& account) {
    const auto row = database->Read([&](storage::Session& session) {
      return session.SelectOne<int64_t>(
          "select (select count(*) from site where account_id = :id) + "
          "(select count(*) from invoice where account_id = :other)",
          account.id(), account.id());
    });
    return std::get<0>(row.value().value());
  }

  // The last of the loser's sites, which is moved last.
  v1::Site LastSite() {
    v1::GetSiteRequest request;
    request.set_account_id(winner.id());
    request.set_id(PagedSites(winner).back());
    return Call<v1::GetSiteResponse>(request).value().site();
  }

  // As another process, after the end of the one that merged.
  void MoveAll() {
    AccountMerge other(stores, pending_contacts, log, clock);
    for (int steps = 0; other.MoveOn() == absl::ZeroDuration(); ++steps) REQUIRE(steps < 20);
  }
};

}  // namespace

TEST_CASE_METHOD(LargeMergeFixture, "A large merge is decided at once and moved in batches",
                 "[merge]") {
  const size_t events = Events().size();
  REQUIRE(Merge(winner, loser).ok());
  const int64_t left = KeptWith(loser);
  CHECK(left > 0);
  CHECK(left < kOfLoser);
  CHECK(merge.MoveOn() == absl::ZeroDuration());
  CHECK(KeptWith(loser) < left);
  MoveAll();
  CHECK(merge.MoveOn() > absl::ZeroDuration());
  CHECK(KeptWith(loser) == 0);

  const auto sites = SitesOf(winner);
  CHECK(sites.size() == kOfWinner + kOfLoser);
  for (int i = 1; i <= kOfWinner; ++i) CHECK(sites.contains(std::to_string(i) + "-2"));
  CHECK(InvoicesOf(winner) == 2);
  const auto told = EventsAfter(events);
  CHECK(told.size() == 3 + kOfLoser + 2);
  for (const events::v1::Event& event : told) {
    CHECK(event.partition() == (event.subject() == loser.id() ? loser.id() : winner.id()));
  }
}

TEST_CASE_METHOD(LargeMergeFixture, "What is still to be moved is read as the other account's",
                 "[merge]") {
  const std::vector<std::string> own = PagedSites(winner), lost = PagedSites(loser);
  std::set<std::string> all(own.begin(), own.end());
  all.insert(lost.begin(), lost.end());
  REQUIRE(Merge(winner, loser).ok());
  REQUIRE(KeptWith(loser) > 0);

  for (const v1::Account& account : {winner, loser}) {
    const std::vector<std::string> ids = PagedSites(account);
    CHECK(ids.size() == all.size());
    CHECK(std::set<std::string>(ids.begin(), ids.end()) == all);
    CHECK(InvoicesOf(account) == 2);
    v1::GetSiteRequest get;
    get.set_account_id(account.id());
    get.set_id(lost.back());
    CHECK(Call<v1::GetSiteResponse>(get).value().site().account_id() == winner.id());
  }
  v1::BatchGetSitesRequest batch;
  batch.add_ids(lost.back());
  CHECK(Call<v1::BatchGetSitesResponse>(batch).value().sites(0).account_id() == winner.id());
  batch.add_names()->set_account_id(winner.id());
  batch.mutable_names(0)->set_number("1");
  CHECK(absl::IsUnavailable(Call<v1::BatchGetSitesResponse>(batch).status()));
  v1::FindSitesByAddressRequest at;
  *at.mutable_address() = LastSite().address();
  CHECK(Call<v1::FindSitesByAddressResponse>(at).value().sites(0).account_id() == winner.id());
  v1::ListInvoicesRequest list;
  list.set_number("INV-2");
  const v1::Invoice invoice = Call<v1::ListInvoicesResponse>(list).value().invoices(0);
  CHECK(invoice.account_id() == winner.id());
  v1::GetInvoiceRequest get_invoice;
  get_invoice.set_id(invoice.id());
  CHECK(Call<v1::GetInvoiceResponse>(get_invoice).value().invoice().account_id() == winner.id());
  rpc::Peer peer = service.AsService("invitation");
  for (const char* number : {"1", "2"}) {
    v1::VerifyInvoiceRequest verify;
    verify.set_number("INV-2");
    verify.set_account_number(number);
    const auto answer = peer.Call<v1::VerifyInvoiceResponse>(verify).value();
    CHECK(answer.verified());
    CHECK(answer.account().id() == winner.id());
    CHECK(answer.invoice().account_id() == winner.id());
  }

  // Moving meanwhile neither repeats nor skips one.
  const std::vector<std::string> meanwhile = PagedSites(winner, [&] { merge.MoveOn(); });
  CHECK(meanwhile.size() == all.size());
  CHECK(std::set<std::string>(meanwhile.begin(), meanwhile.end()) == all);
  CHECK(KeptWith(loser) == 0);
}

TEST_CASE_METHOD(LargeMergeFixture, "A site that is still to be moved can be changed", "[merge]") {
  REQUIRE(Merge(winner, loser).ok());
  const v1::Site site = LastSite();
  v1::UpdateSiteRequest update;
  update.mutable_site()->set_id(site.id());
  update.mutable_site()->set_account_id(winner.id());
  update.mutable_site()->set_display_name("Renamed");
  update.mutable_site()->set_etag("0");
  CHECK(absl::IsAborted(Call<v1::UpdateSiteResponse>(update).status()));
  update.mutable_site()->set_etag(site.etag());  // As it was read.
  const v1::Site renamed = Call<v1::UpdateSiteResponse>(update).value().site();
  CHECK(renamed.display_name() == "Renamed");
  CHECK(renamed.account_id() == winner.id());
  MoveAll();
  CHECK(LastSite().ShortDebugString() == renamed.ShortDebugString());
  CHECK(PagedSites(winner).size() == kOfWinner + kOfLoser);
}

TEST_CASE_METHOD(LargeMergeFixture, "An import waits for a merge that its rows meet", "[merge]") {
  REQUIRE(Merge(winner, loser).ok());
  const auto rows = [&](const std::string& account_number) {
    std::vector<v1::ImportSiteRow> some(1);
    some[0].set_line(1);
    some[0].set_account_number(account_number);
    some[0].mutable_site()->set_number("690");  // Of the loser; still to be moved.
    some[0].mutable_site()->set_display_name("Imported");
    return some;
  };
  for (const char* number : {"1", "2"}) {
    CHECK(absl::IsUnavailable(Import(rows(number)).status()));
  }
  REQUIRE(Create(NewAccount("3")).ok());
  CHECK(Import(rows("3")).value().created() == 1);
  MoveAll();
  CHECK(Import(rows("2")).value().updated() == 1);
  CHECK(Import(rows("1")).value().unchanged() == 1);
}

TEST_CASE_METHOD(LargeMergeFixture, "A winner that is merged meanwhile takes all along",
                 "[merge]") {
  const v1::Account last = Create(NewAccount("3")).value();
  REQUIRE(Merge(winner, loser).ok());
  REQUIRE(Merge(last, winner).ok());
  REQUIRE(KeptWith(loser) > 0);
  CHECK(PagedSites(last).size() == kOfWinner + kOfLoser);
  MoveAll();
  CHECK(KeptWith(loser) == 0);
  CHECK(KeptWith(winner) == 0);
  CHECK(SitesOf(last).size() == kOfWinner + kOfLoser);
  CHECK(InvoicesOf(loser) == 2);
}

TEST_CASE_METHOD(MergeFixture, "A number that is taken is passed over, also among the loser's own",
                 "[merge]") {
  for (const char* number : {"1", "1-2"}) AddSite(winner, number);
  std::map<std::string, std::string> moved;
  for (const char* number : {"1", "1-3", "1-2"}) moved[number] = AddSite(loser, number).id();
  REQUIRE(Merge(winner, loser).ok());
  const auto sites = SitesOf(winner);
  CHECK(sites.size() == 5);
  CHECK(sites.at("1-3") == moved.at("1-3"));
  CHECK(sites.at("1-4") == moved.at("1"));
  CHECK(sites.at("1-2-2") == moved.at("1-2"));
}

TEST_CASE("Another number is no longer than a number may be", "[merge]") {
  CHECK(OtherNumber("1", 2) == "1-2");
  CHECK(OtherNumber(std::string(40, '7'), 12) == std::string(37, '7') + "-12");
  std::string accented;
  for (int i = 0; i < 40; ++i) accented += "é";
  CHECK(OtherNumber(accented, 2) == accented.substr(0, 76) + "-2");
}

}  // namespace portico::account

#include <absl/strings/escaping.h>
#include <absl/strings/str_split.h>

#include "libs/auth/encoding.h"
#include "portico/account/v1/account_events.pb.h"
#include "services/account/account_fixture.h"
#include "services/account/enrollment_token.h"

namespace portico::account {
namespace {

struct InvoiceFixture : AccountFixture {
  static v1::VerifyInvoiceRequest ByCode(const std::string& number, const std::string& code) {
    v1::VerifyInvoiceRequest request;
    request.set_number(number);
    request.set_quick_pay_code(code);
    return request;
  }
  static v1::VerifyInvoiceRequest ByAccount(const std::string& number,
                                            const std::string& account_number) {
    v1::VerifyInvoiceRequest request;
    request.set_number(number);
    request.set_account_number(account_number);
    return request;
  }
  static v1::VerifyInvoiceRequest ByToken(const std::string& token) {
    v1::VerifyInvoiceRequest request;
    request.set_enrollment_token(token);
    return request;
  }

  absl::StatusOr<v1::VerifyInvoiceResponse> Ask(const v1::VerifyInvoiceRequest& request) {
    return peer.Call<v1::VerifyInvoiceResponse>(request);
  }
  v1::VerifyInvoiceResponse Verify(const v1::VerifyInvoiceRequest& request) {
    return Ask(request).value();
  }

  absl::StatusOr<v1::CreateEnrollmentLinkResponse> Link(const std::string& invoice_id) {
    v1::CreateEnrollmentLinkRequest request;
    request.set_id(invoice_id);
    return Call<v1::CreateEnrollmentLinkResponse>(request);
  }
  std::string Token(const std::string& invoice_id) {
    const std::vector<std::string> parts =
        absl::StrSplit(Link(invoice_id).value().url(), "/enroll#token=");
    REQUIRE(parts.size() == 2);
    return parts[1];
  }

  void SetRecencyDays(int days) {
    v1::UpdatePortalOptionsRequest request;
    request.mutable_portal_options()->set_invoice_recency_days(days);
    REQUIRE(Call<v1::UpdatePortalOptionsResponse>(request).ok());
  }

  // A service that may read accounts.
  rpc::Peer peer = service.AsService("invitation");
  const v1::Account account = Create(NewAccount("4941")).value();
  const v1::Invoice invoice = AddInvoice(account, "INV-7", "AB12-CD34");
};

}  // namespace

TEST_CASE_METHOD(InvoiceFixture, "An invoice is answered, listed and told without its code",
                 "[invoice]") {
  CHECK(invoice.id().rfind("ivc_", 0) == 0);
  CHECK(invoice.quick_pay_code() == "AB12-CD34");
  CHECK(invoice.account_id() == account.id());
  v1::GetInvoiceRequest get;
  get.set_id(invoice.id());
  CHECK(Call<v1::GetInvoiceResponse>(get).value().invoice().ShortDebugString() ==
        invoice.ShortDebugString());
  get.set_id("ivc_none");
  CHECK(absl::IsNotFound(Call<v1::GetInvoiceResponse>(get).status()));

  v1::InvoiceSaved event;
  REQUIRE(Events().back().data().UnpackTo(&event));
  CHECK(Events().back().partition() == account.id());
  CHECK(event.invoice().number() == "INV-7");
  CHECK(event.invoice().quick_pay_code().empty());
  CHECK(database.Contents().find(absl::Base64Escape("AB12-CD34")) == std::string::npos);

  const v1::Account other = Create(NewAccount("2")).value();
  AddInvoice(other, "INV-8");
  v1::ListInvoicesRequest list;
  CHECK(Call<v1::ListInvoicesResponse>(list).value().invoices_size() == 2);
  list.set_account_id(account.id());
  const auto of_account = Call<v1::ListInvoicesResponse>(list).value();
  REQUIRE(of_account.invoices_size() == 1);
  CHECK(of_account.invoices(0).id() == invoice.id());
}

TEST_CASE_METHOD(InvoiceFixture, "The snapshot tells of invoices without their codes",
                 "[invoice]") {
  for (const events::SnapshotKind& kind_of : stores.Snapshot()) {
    if (kind_of.type != v1::InvoiceSaved::descriptor()->full_name()) continue;
    const auto states =
        database->Read([&](storage::Session& session) { return kind_of.list(session, "", 10); });
    REQUIRE(states->size() == 1);
    const auto& event = static_cast<const v1::InvoiceSaved&>(*states->front().payload);
    CHECK(event.invoice().id() == invoice.id());
    CHECK(event.invoice().quick_pay_code().empty());
    return;
  }
  FAIL("there is no snapshot of invoices");
}

TEST_CASE_METHOD(InvoiceFixture, "An invoice is proved by its code or its account's number",
                 "[invoice]") {
  for (const auto& request : {ByCode("INV-7", "AB12-CD34"), ByCode(" INV-7 ", "ab12cd34"),
                              ByAccount("INV-7", "4941"), ByAccount("INV-7", " 4941 ")}) {
    const auto answer = Verify(request);
    CAPTURE(request.ShortDebugString());
    CHECK(answer.verified());
    CHECK(answer.refusal() == v1::INVOICE_REFUSAL_UNSPECIFIED);
    CHECK(answer.named_invoice_id() == invoice.id());
    CHECK(answer.invoice().number() == "INV-7");
    CHECK(answer.invoice().quick_pay_code().empty());
    CHECK(answer.account().ShortDebugString() == account.ShortDebugString());
  }
}

TEST_CASE_METHOD(InvoiceFixture, "What proves nothing is told apart for counters alone",
                 "[invoice]") {
  AddInvoice(account, "INV-9");  // Without a code.
  const struct {
    v1::VerifyInvoiceRequest request;
    v1::InvoiceRefusal refusal;
    std::string named;
  } cases[] = {
      {ByCode("INV-6", "AB12-CD34"), v1::INVOICE_REFUSAL_UNKNOWN, ""},
      {ByCode("INV-70", "AB12-CD34"), v1::INVOICE_REFUSAL_UNKNOWN, ""},
      {ByAccount("", "4941"), v1::INVOICE_REFUSAL_UNSPECIFIED, "invalid"},
      {ByCode("INV-7", "AB12-CD35"), v1::INVOICE_REFUSAL_WRONG_PROOF, invoice.id()},
      {ByCode("INV-7", ""), v1::INVOICE_REFUSAL_WRONG_PROOF, invoice.id()},
      {ByCode("INV-7", "4941"), v1::INVOICE_REFUSAL_WRONG_PROOF, invoice.id()},
      {ByAccount("INV-7", "494"), v1::INVOICE_REFUSAL_WRONG_PROOF, invoice.id()},
      {ByAccount("INV-7", "AB12-CD34"), v1::INVOICE_REFUSAL_WRONG_PROOF, invoice.id()},
      {ByAccount("INV-7", ""), v1::INVOICE_REFUSAL_WRONG_PROOF, invoice.id()},
      {ByToken(""), v1::INVOICE_REFUSAL_WRONG_PROOF, ""},
      {ByToken("made up"), v1::INVOICE_REFUSAL_WRONG_PROOF, ""},
  };
  for (const auto& [request, refusal, named] : cases) {
    CAPTURE(request.ShortDebugString());
    const auto answer = Ask(request);
    if (named == "invalid") {
      CHECK(FieldsOf(answer.status()) == std::vector<std::string>{"number"});
      continue;
    }
    CHECK_FALSE(answer->verified());
    CHECK(answer->refusal() == refusal);
    CHECK(answer->named_invoice_id() == named);
    CHECK_FALSE(answer->has_invoice());
    CHECK_FALSE(answer->has_account());
  }
  // Nobody knows a code that is not there.
  CHECK(Verify(ByCode("INV-9", "")).refusal() == v1::INVOICE_REFUSAL_WRONG_PROOF);
  CHECK(Verify(ByCode("INV-9", "-")).refusal() == v1::INVOICE_REFUSAL_WRONG_PROOF);
  v1::VerifyInvoiceRequest none;
  none.set_number("INV-7");
  CHECK(FieldsOf(Ask(none).status()) == std::vector<std::string>{"proof"});
}

TEST_CASE_METHOD(InvoiceFixture, "An invoice proves something for as long as it is recent",
                 "[invoice]") {
  // The clock stands at 08:00; the last of the 90 days ends with them.
  clock.Advance(absl::Hours(24 * 90 + 15) + absl::Minutes(59));
  CHECK(Verify(ByCode("INV-7", "AB12-CD34")).verified());
  clock.Advance(absl::Minutes(1));
  auto answer = Verify(ByCode("INV-7", "AB12-CD34"));
  CHECK_FALSE(answer.verified());
  CHECK(answer.refusal() == v1::INVOICE_REFUSAL_TOO_OLD);
  CHECK(answer.named_invoice_id() == invoice.id());
  CHECK(Verify(ByCode("INV-7", "wrong")).refusal() == v1::INVOICE_REFUSAL_WRONG_PROOF);
  SetRecencyDays(91);
  CHECK(Verify(ByAccount("INV-7", "4941")).verified());
}

TEST_CASE_METHOD(InvoiceFixture, "An enrollment link proves its invoice until it expires",
                 "[invoice]") {
  const auto link = Link(invoice.id()).value();
  CHECK(link.url().rfind("http://127.0.0.1:8080/enroll#token=", 0) == 0);
  CHECK(Link(invoice.id()).value().url() == link.url());
  const std::string token = Token(invoice.id());
  const auto answer = Verify(ByToken(token));
  CHECK(answer.verified());
  CHECK(answer.invoice().id() == invoice.id());
  CHECK(answer.account().id() == account.id());

  clock.Advance(absl::FromUnixSeconds(link.expire_time().seconds()) - clock.Now() -
                absl::Seconds(1));
  CHECK(Verify(ByToken(token)).verified());
  SetRecencyDays(10);  // Counts for what is out already, too.
  CHECK(Verify(ByToken(token)).refusal() == v1::INVOICE_REFUSAL_TOO_OLD);
  SetRecencyDays(100);
  CHECK(Verify(ByToken(token)).verified());
  clock.Advance(absl::Seconds(1));
  const auto expired = Verify(ByToken(token));
  CHECK(expired.refusal() == v1::INVOICE_REFUSAL_TOO_OLD);
  CHECK(expired.named_invoice_id() == invoice.id());
  CHECK(Verify(ByToken(Token(invoice.id()))).verified());  // A new one.
}

TEST_CASE_METHOD(InvoiceFixture, "A link leads to the portal that the options name", "[invoice]") {
  v1::UpdatePortalOptionsRequest request;
  request.mutable_portal_options()->set_portal_url("https://portal.hauler.example/my/");
  REQUIRE(Call<v1::UpdatePortalOptionsResponse>(request).ok());
  CHECK(
      Link(invoice.id()).value().url().rfind("https://portal.hauler.example/my/enroll#token=", 0) ==
      0);
}

TEST_CASE_METHOD(InvoiceFixture, "There is no link for no invoice or one that is too old",
                 "[invoice]") {
  CHECK(absl::IsNotFound(Link("ivc_none").status()));
  clock.Advance(absl::Hours(24 * 92));
  CHECK(rpc::ReasonOf(Link(invoice.id()).status()) == "INVOICE_TOO_OLD");
}

TEST_CASE_METHOD(InvoiceFixture, "An invoice is issued a year ahead at most", "[invoice]") {
  v1::ImportInvoiceRow row;
  row.set_line(1);
  row.set_account_number("4941");
  row.mutable_invoice()->set_number("INV-8");
  // The clock stands on 2027-01-15.
  for (const char* date : {"2028-01-16", "2062-11-01", "9999-12-31"}) {
    row.mutable_invoice()->set_issue_date(date);
    const auto progress = Import(std::vector{row}).value();
    REQUIRE(progress.refusals_size() == 1);
    CHECK(progress.refusals(0).field() == "invoice.issue_date");
    CHECK_THAT(progress.refusals(0).reason(),
               Catch::Contains(date) && Catch::Contains("want a day up to 2028-01-15"));
  }
  row.mutable_invoice()->set_issue_date("2028-01-15");
  CHECK(Import(std::vector{row}).value().created() == 1);
}

TEST_CASE_METHOD(InvoiceFixture, "An invoice that is not issued yet proves nothing", "[invoice]") {
  const auto issue = [&](const std::string& date) {
    REQUIRE(database
                ->Write([&](storage::Session& session) {
                  return session
                      .Execute("update invoice set issue_date = :date where id = :id", date,
                               invoice.id())
                      .status();
                })
                .ok());
  };
  // The last as what is there may have been kept before there was a rule.
  for (const char* date : {"2027-01-17", "9999-12-31"}) {
    issue(date);
    CHECK(Verify(ByCode("INV-7", "AB12-CD34")).refusal() == v1::INVOICE_REFUSAL_TOO_OLD);
    CHECK(rpc::ReasonOf(Link(invoice.id()).status()) == "INVOICE_NOT_ISSUED");
  }
  issue("2027-01-16");  // It is that day somewhere already.
  CHECK(Verify(ByCode("INV-7", "AB12-CD34")).verified());
  CHECK(Verify(ByToken(Token(invoice.id()))).verified());
}

TEST_CASE_METHOD(InvoiceFixture, "A token that was changed or signed by another proves nothing",
                 "[invoice]") {
  const std::string token = Token(invoice.id());
  const std::string bytes = *auth::DecodeBase64Url(token);
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] ^= 1;
    const auto answer = Verify(ByToken(auth::EncodeBase64Url(damaged)));
    CHECK(answer.refusal() == v1::INVOICE_REFUSAL_WRONG_PROOF);
    CHECK(answer.named_invoice_id().empty());
  }
  const auth::Signer other = auth::Signer::FromText(auth::NewKeyLine()).value();
  const Enrollment enrollment{.invoice_id = invoice.id(), .expire_time = absl::InfiniteFuture()};
  CHECK(Verify(ByToken(MakeEnrollmentToken(other, enrollment))).refusal() ==
        v1::INVOICE_REFUSAL_WRONG_PROOF);
}

TEST_CASE("A token of an earlier key is read after a rotation", "[invoice]") {
  const std::string old_line = auth::NewKeyLine().Reveal();
  const auth::Signer before = auth::Signer::FromText(Secret(old_line)).value();
  const auth::Signer after =
      auth::Signer::FromText(Secret(auth::NewKeyLine().Reveal() + old_line)).value();
  const Enrollment enrollment{.invoice_id = "ivc_1",
                              .expire_time = absl::FromUnixSeconds(4'000'000'000)};
  const auto read = ReadEnrollmentToken(after, MakeEnrollmentToken(before, enrollment));
  REQUIRE(read.has_value());
  CHECK(read->invoice_id == "ivc_1");
  CHECK(read->expire_time == enrollment.expire_time);
  CHECK_FALSE(ReadEnrollmentToken(before, MakeEnrollmentToken(after, enrollment)).has_value());
  CHECK_FALSE(ReadEnrollmentToken(before, "AAAA").has_value());
}

TEST_CASE_METHOD(InvoiceFixture, "Only a service may ask whether an invoice is proved",
                 "[invoice]") {
  CHECK(absl::IsPermissionDenied(
      Call<v1::VerifyInvoiceResponse>(ByCode("INV-7", "AB12-CD34")).status()));
}

}  // namespace portico::account

#include "tools/cli/import_sender.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "libs/base/clock.h"
#include "libs/rpc/exchange.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/test_service.h"
#include "portico/account/v1/invoice.pb.h"

namespace portico::cli {
namespace {

namespace api = account::v1;

// Keeps the numbers of invoices; refuses those that begin with "bad".
struct FakeInvoices {
  std::set<std::string> kept;
  int streams = 0;
  // How many of its messages a stream keeps before it goes away without answering the last; 0 for
  // a stream that stays.
  int stays_for = 0;
  bool is_away = false;
  bool validate_only = false;

  class Stream final : public rpc::Exchange {
   public:
    explicit Stream(FakeInvoices& invoices) : invoices_(invoices) {}

    absl::StatusOr<bool> Take(google::protobuf::Message& request,
                              google::protobuf::Message& answer) override {
      const auto& message = static_cast<const api::ImportInvoicesRequest&>(request);
      if (message.has_options()) {
        invoices_.validate_only = message.options().validate_only();
        return false;
      }
      progress_.clear_refusals();
      for (const auto& row : message.rows()) Keep(row);
      if (++taken_ == invoices_.stays_for) return absl::UnavailableError("going away");
      *static_cast<api::ImportInvoicesResponse&>(answer).mutable_progress() = progress_;
      return true;
    }

    absl::StatusOr<bool> End(google::protobuf::Message&) override { return false; }

   private:
    void Keep(const api::ImportInvoiceRow& row) {
      const std::string& id = row.invoice().number();
      progress_.set_line(row.line());
      if (id.starts_with("bad")) {
        auto& refusal = *progress_.add_refusals();
        refusal.set_line(row.line());
        refusal.set_field("invoice.number");
        refusal.set_reason("got a bad one");
        progress_.set_refused(progress_.refused() + 1);
      } else if (invoices_.kept.insert(id).second) {
        progress_.set_created(progress_.created() + 1);
      } else {
        progress_.set_unchanged(progress_.unchanged() + 1);
      }
    }

    FakeInvoices& invoices_;
    api::ImportProgress progress_;
    int taken_ = 0;
  };

  void Register(rpc::Server& server) {
    server.HandleExchange<api::ImportInvoicesRequest>(this, &FakeInvoices::Open);
    // A server must serve the whole of a service.
    server.Handle(this, &FakeInvoices::Never<api::GetInvoiceRequest, api::GetInvoiceResponse>);
    server.Handle(this, &FakeInvoices::Never<api::ListInvoicesRequest, api::ListInvoicesResponse>);
    server.Handle(this,
                  &FakeInvoices::Never<api::VerifyInvoiceRequest, api::VerifyInvoiceResponse>);
    server.Handle(
        this,
        &FakeInvoices::Never<api::CreateEnrollmentLinkRequest, api::CreateEnrollmentLinkResponse>);
  }

  template <class Request, class Response>
  absl::StatusOr<Response> Never(rpc::Call&, const Request&) {
    return absl::UnimplementedError("not asked by imports");
  }

  absl::StatusOr<std::unique_ptr<rpc::Exchange>> Open(rpc::Call&) {
    ++streams;
    if (is_away) return absl::UnavailableError("away");
    return std::make_unique<Stream>(*this);
  }
};

struct Fixture {
  Fixture() {
    invoices.Register(service.server());
    service.Start();
    client = std::make_unique<rpc::Peer>(service.Staff({"accounts.write"}));
    std::filesystem::remove(rejects_path);
  }
  ~Fixture() { std::filesystem::remove(rejects_path); }

  absl::Status Send(const std::string& file, int64_t from_line = 1) {
    std::istringstream input(file);
    const ImportKind& kind = *FindImportKind("invoices");
    auto rows = CsvRows::Open(input, kind, {}).value();
    api::ImportInvoicesRequest options;
    options.mutable_options()->set_validate_only(true);
    RejectsFile rejects(rejects_path, RejectsFile::CsvForm{rows->header(), rows->separator()},
                        from_line > 1);
    std::ostringstream shown;
    ImportProgress progress(shown, false, clock);
    ImportSender sender({.kind = kind,
                         .options = options,
                         .from_line = from_line,
                         .rest = [this](absl::Duration rest) { clock.Advance(rest); }},
                        *client, *rows, rejects, progress, clock);
    absl::Status status = sender.Send();
    CHECK(rejects.Close().ok());
    tally = sender.tally();
    return status;
  }

  std::string Rejects() const {
    std::ifstream file(rejects_path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  static std::string Rows(int count) {
    std::string file = "number\n";
    for (int i = 0; i < count; ++i) file += "E" + std::to_string(i) + "\n";
    return file;
  }

  const std::string rejects_path =
      (std::filesystem::temp_directory_path() / ("rejects-" + std::to_string(getpid()) + ".csv"))
          .string();
  FakeInvoices invoices;
  portico::testing::TestService service;
  std::unique_ptr<rpc::Peer> client;
  portico::testing::FakeClock clock{absl::UnixEpoch()};
  ImportTally tally;
};

}  // namespace

TEST_CASE("All rows of a file arrive, with the options in front", "[import]") {
  Fixture f;
  REQUIRE(f.Send(f.Rows(12'345)).ok());
  CHECK(f.invoices.kept.size() == 12'345);
  CHECK(f.invoices.validate_only);
  CHECK(f.invoices.streams == 1);
  CHECK(f.tally.created == 12'345);
  CHECK(f.tally.line == 12'346);
  REQUIRE(f.Send(f.Rows(12'345)).ok());
  CHECK(f.tally.created == 0);
  CHECK(f.tally.unchanged == 12'345);
}

TEST_CASE("What the service refuses and what is wrong in the file are kept in their order",
          "[import]") {
  Fixture f;
  REQUIRE(f.Send("number,amount.amount_minor\nE1,\nE2,maybe\n\"bad\"\"1\",\nE3,7\nE4\n").ok());
  CHECK(f.tally.created == 2);
  CHECK(f.tally.refused == 3);
  CHECK(f.Rejects() ==
        "rejected_line,rejected_field,rejected_reason,number,amount.amount_minor\n"
        "3,invoice.amount.amount_minor,\"got \"\"maybe\"\", want a whole number\",E2,maybe\n"
        "4,invoice.number,got a bad one,\"bad\"\"1\",\n"
        "6,,\"got 1 fields, want 2, as the header has\",E4\n");
}

TEST_CASE("A file of nothing but wrong rows is read to its end", "[import]") {
  Fixture f;
  std::string file = "number,amount.amount_minor\n";
  for (int i = 0; i < 10'000; ++i) file += "E,maybe\n";
  REQUIRE(f.Send(file).ok());
  CHECK(f.tally.refused == 10'000);
  CHECK(f.invoices.kept.empty());
}

TEST_CASE("An import goes on behind the last answered row when the service goes away", "[import]") {
  Fixture f;
  f.invoices.stays_for = 3;
  std::string file = f.Rows(10'000) + "bad\n";
  REQUIRE(f.Send(file).ok());
  CHECK(f.invoices.kept.size() == 10'000);
  CHECK(f.invoices.streams > 5);
  CHECK(f.tally.created + f.tally.unchanged == 10'000);
  // What was kept, but not answered, was sent again.
  CHECK(f.tally.unchanged > 0);
  CHECK(f.tally.refused == 1);
  CHECK(f.Rejects().find("10002,invoice.number") != std::string::npos);
}

TEST_CASE("An import gives up when the service is away for too long", "[import]") {
  Fixture f;
  f.invoices.is_away = true;
  const absl::Time before = f.clock.Now();
  CHECK(absl::IsUnavailable(f.Send(f.Rows(10))));
  CHECK(f.clock.Now() - before > absl::Minutes(1));
  CHECK(f.clock.Now() - before < absl::Minutes(2));
  CHECK(f.tally.rows() == 0);
  CHECK(f.tally.line == 0);
}

TEST_CASE("An import that may not be done ends at once", "[import]") {
  Fixture f;
  f.client = std::make_unique<rpc::Peer>(f.service.Staff({"accounts.read"}));
  CHECK(absl::IsPermissionDenied(f.Send(f.Rows(10'000))));
  CHECK(f.invoices.kept.empty());
}

TEST_CASE("An import begins at the line that it is told, and adds to the rejects", "[import]") {
  Fixture f;
  REQUIRE(f.Send("number\nbad1\nE2\nbad3\nE4\n").ok());
  REQUIRE(f.Send("number\nbad1\nE2\nbad3\nE4\nE5\nbad6\n", 5).ok());
  CHECK(f.tally.created == 1);
  CHECK(f.tally.unchanged == 1);
  CHECK(f.Rejects() ==
        "rejected_line,rejected_field,rejected_reason,number\n"
        "2,invoice.number,got a bad one,bad1\n"
        "4,invoice.number,got a bad one,bad3\n"
        "7,invoice.number,got a bad one,bad6\n");
}

}  // namespace portico::cli

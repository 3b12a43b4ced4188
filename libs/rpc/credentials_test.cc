#include "libs/rpc/credentials.h"

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "libs/rpc/echo_service.h"
#include "libs/rpc/peer.h"
#include "libs/testing/test_authority.h"
#include "libs/testing/test_service.h"

namespace portico::rpc {
namespace {

using portico::testing::TestAuthority;
using portico::testing::TestCertificate;
using portico::testing::TestService;
using testing_protos::EchoRequest;
using testing_protos::EchoResponse;

// The files of one process, by names that lead through a link, so that all change at once.
class Files {
 public:
  Files() {
    char pattern[] = "/tmp/portico-tls-XXXXXX";
    folder_ = mkdtemp(pattern);
  }
  ~Files() { std::filesystem::remove_all(folder_); }
  Files(const Files&) = delete;

  // A new certificate by the authority, and the authorities to trust.
  void Write(const TestAuthority& by, const std::string& trusted) {
    const std::filesystem::path set = folder_ / std::to_string(++sets_);
    std::filesystem::create_directory(set);
    const TestCertificate certificate = by.Issue();
    std::ofstream(set / "cert.pem") << certificate.cert;
    std::ofstream(set / "key.pem") << certificate.key;
    std::ofstream(set / "ca.pem") << trusted;
    std::filesystem::create_symlink(set, folder_ / "next");
    std::filesystem::rename(folder_ / "next", folder_ / "now");
  }

  std::unique_ptr<Credentials> Open() const {
    settings::TlsSettings settings;
    settings.cert_file = folder_ / "now/cert.pem";
    settings.key_file = folder_ / "now/key.pem";
    settings.ca_file = folder_ / "now/ca.pem";
    auto credentials = Credentials::Open(settings);
    INFO(credentials.status());
    REQUIRE(credentials.ok());
    return *std::move(credentials);
  }

 private:
  std::filesystem::path folder_;
  int sets_ = 0;
};

struct Served {
  explicit Served(const TestAuthority& authority) {
    files.Write(authority, authority.certificate());
    credentials = files.Open();
    service = std::make_unique<TestService>(
        nullptr, ServerOptions{.max_connection_age = absl::Seconds(1),
                               .credentials = credentials->ForServer()});
    echo.Register(service->server());
    service->Start();
  }

  Files files;
  std::unique_ptr<Credentials> credentials;
  EchoService echo;
  std::unique_ptr<TestService> service;
};

absl::Status CallOn(Peer& peer) {
  EchoRequest request;
  request.mutable_thing()->set_name("thing");
  return peer.Call<EchoResponse>(request, absl::Seconds(10)).status();
}

// By a connection of its own.
absl::Status CallOnce(const Served& served,
                      const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  Peer peer({.target = served.service->address(), .credentials = credentials});
  return CallOn(peer);
}

bool Eventually(const std::function<bool()>& condition) {
  const absl::Time end = absl::Now() + absl::Seconds(30);
  while (!condition()) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return true;
}

}  // namespace

TEST_CASE("With certificates a server takes those of its authority alone", "[rpc]") {
  const TestAuthority authority, stranger;
  const Served served(authority);
  Files own, foreign;
  own.Write(authority, authority.certificate());
  foreign.Write(stranger, authority.certificate());

  CHECK(CallOnce(served, own.Open()->ForChannel()) == absl::OkStatus());
  CHECK(absl::IsUnavailable(CallOnce(served, foreign.Open()->ForChannel())));
  CHECK(absl::IsUnavailable(CallOnce(served, grpc::InsecureChannelCredentials())));
  grpc::SslCredentialsOptions without;
  without.pem_root_certs = authority.certificate();
  CHECK(absl::IsUnavailable(CallOnce(served, grpc::SslCredentials(without))));
}

TEST_CASE("A client takes servers of its authority alone, and by the name it meant", "[rpc]") {
  const TestAuthority authority, stranger;
  const Served served(stranger);
  Files own;
  own.Write(stranger, authority.certificate());
  CHECK(absl::IsUnavailable(CallOnce(served, own.Open()->ForChannel())));

  own.Write(stranger, stranger.certificate());
  const auto credentials = own.Open();
  CHECK(CallOnce(served, credentials->ForChannel()) == absl::OkStatus());
  Peer other_name({.target = absl::StrCat("127.0.0.2:", served.service->server().port()),
                   .credentials = credentials->ForChannel()});
  CHECK(absl::IsUnavailable(CallOn(other_name)));
}

TEST_CASE("Certificates and authority are replaced under way, and no call fails", "[rpc]") {
  const TestAuthority before, after;
  const std::string both = before.certificate() + after.certificate();
  Served served(before);
  Files own, late;
  own.Write(before, before.certificate());
  late.Write(before, both);
  const auto own_credentials = own.Open();
  const auto late_credentials = late.Open();
  // Its connections are made anew every second.
  Peer peer({.target = served.service->address(), .credentials = own_credentials->ForChannel()});
  const auto calls_go_on = [&] {
    const absl::Status status = CallOn(peer);
    INFO(status);
    REQUIRE(status.ok());
  };
  calls_go_on();

  // First both trust the new authority, as whoever replaces one must see to.
  served.files.Write(before, both);
  own.Write(before, both);
  Files renewed;
  renewed.Write(after, both);
  const auto renewed_credentials = renewed.Open();
  CHECK(Eventually([&] {
    calls_go_on();
    return CallOnce(served, renewed_credentials->ForChannel()).ok();
  }));
  // That the client trusts it as well shows in its reaching a server that has the new one.
  const Served moved(after);
  CHECK(absl::IsUnavailable(CallOnce(moved, own_credentials->ForChannel())));
  own.Write(after, both);
  CHECK(Eventually([&] {
    calls_go_on();
    return CallOnce(moved, own_credentials->ForChannel()).ok();
  }));
  served.files.Write(after, after.certificate());
  CHECK(Eventually([&] {
    calls_go_on();
    return !CallOnce(served, late_credentials->ForChannel()).ok();
  }));
  own.Write(after, after.certificate());
  for (int i = 0; i < 100; ++i) calls_go_on();
}

}  // namespace portico::rpc

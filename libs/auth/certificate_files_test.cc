#include "libs/auth/certificate_files.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <vector>

#include "libs/auth/test_directory.h"
#include "libs/settings/read_file.h"
#include "libs/testing/test_authority.h"

namespace portico::auth {
namespace {

using portico::testing::TestAuthority;
using portico::testing::TestCertificate;

struct Watched {
  Watched() {
    Write(first);
    directory.Write("ca.pem", authority.certificate());
  }

  void Write(const TestCertificate& certificate) {
    directory.Write("cert.pem", certificate.cert);
    directory.Write("key.pem", certificate.key);
  }

  absl::Status Open() {
    auto opened = CertificateFiles::Open(
        {directory / "cert.pem", directory / "key.pem", directory / "ca.pem"},
        [this](const Certificates& certificates) { seen.push_back(certificates); });
    if (!opened.ok()) return opened.status();
    files = *std::move(opened);
    return absl::OkStatus();
  }

  TestDirectory directory;
  TestAuthority authority;
  TestCertificate first = authority.Issue();
  TestCertificate second = authority.Issue();
  std::vector<Certificates> seen;  // Last: the thread adds to it under the lock that Look takes.
  std::unique_ptr<CertificateFiles> files;
};

}  // namespace

TEST_CASE("What the files hold is told at once, and again when they are replaced", "[auth]") {
  Watched watched;
  REQUIRE(watched.Open().ok());
  watched.files->Look();
  REQUIRE(watched.seen.size() == 1);
  CHECK(watched.seen[0] == Certificates{watched.first.cert, watched.first.key,
                                        watched.authority.certificate()});
  watched.Write(watched.second);
  watched.files->Look();
  REQUIRE(watched.seen.size() == 2);
  CHECK(watched.seen[1].cert == watched.second.cert);
  CHECK(watched.seen[1].key == watched.second.key);

  const TestAuthority other;
  watched.directory.Write("ca.pem", watched.authority.certificate() + other.certificate());
  watched.files->Look();
  REQUIRE(watched.seen.size() == 3);
  CHECK(watched.seen[2].ca == watched.authority.certificate() + other.certificate());
}

TEST_CASE("A key that does not fit its certificate yet is waited out", "[auth]") {
  Watched watched;
  REQUIRE(watched.Open().ok());
  const bool key_first = GENERATE(true, false);
  watched.directory.Write(key_first ? "key.pem" : "cert.pem",
                          key_first ? watched.second.key : watched.second.cert);
  watched.files->Look();
  CHECK(watched.seen.size() == 1);
  watched.Write(watched.second);
  watched.files->Look();
  REQUIRE(watched.seen.size() == 2);
  CHECK(watched.seen[1].key == watched.second.key);
}

TEST_CASE("A file that is missing, cut short or something else is waited out", "[auth]") {
  Watched watched;
  const TestAuthority other;
  const std::string both = watched.authority.certificate() + other.certificate();
  watched.directory.Write("ca.pem", both);
  REQUIRE(watched.Open().ok());
  const std::string file = GENERATE(as<std::string>(), "cert.pem", "key.pem", "ca.pem");
  const std::string whole = settings::ReadFile(watched.directory / file).value();
  SECTION("missing") { std::filesystem::remove(watched.directory / file); }
  SECTION("empty") { watched.directory.Write(file, ""); }
  SECTION("something else") { watched.directory.Write(file, "PEM"); }
  SECTION("cut short") { watched.directory.Write(file, whole.substr(0, whole.size() - 40)); }
  watched.files->Look();
  CHECK(watched.seen.size() == 1);
  watched.Write(watched.second);
  watched.directory.Write("ca.pem", other.certificate());
  watched.files->Look();
  REQUIRE(watched.seen.size() >= 2);
  CHECK(watched.seen.back() ==
        Certificates{watched.second.cert, watched.second.key, other.certificate()});
}

TEST_CASE("A start with files that do not fit is refused, and names the file", "[auth]") {
  Watched watched;
  watched.directory.Write("key.pem", watched.second.key);
  const absl::Status status = watched.Open();
  CHECK(absl::IsInvalidArgument(status));
  CHECK_THAT(std::string(status.message()), Catch::Contains("key.pem"));
  std::filesystem::remove(watched.directory / "ca.pem");
  watched.Write(watched.first);
  CHECK(absl::IsUnavailable(watched.Open()));
}

}  // namespace portico::auth

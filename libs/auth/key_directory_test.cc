#include "libs/auth/key_directory.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <thread>
#include <vector>

#include "libs/auth/jwks.h"
#include "libs/auth/permissions.h"
#include "libs/auth/private_key.h"
#include "libs/auth/sealer.h"
#include "libs/auth/signer.h"
#include "libs/auth/test_directory.h"
#include "libs/settings/read_file.h"

namespace portico::auth {
namespace {

using Catch::Matchers::Contains;

std::map<std::string, std::string> FilesOf(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    files[entry.path().filename()] = settings::ReadFile(entry.path()).value();
  }
  return files;
}

mode_t ModeOf(const std::string& path) {
  struct stat found {};
  REQUIRE(stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777;
}

TEST_CASE("A new directory gets all keys, private ones for the owner only", "[auth]") {
  const TestDirectory parent;
  const std::string directory = parent / "var/keys";
  REQUIRE(EnsureKeys(directory).ok());
  CHECK(FilesOf(directory).size() == 10);

  const PrivateKey staff = PrivateKey::FromFile(directory + "/staff.pem").value();
  const KeySet staff_keys = ParseJwks(settings::ReadFile(directory + "/jwks.json").value()).value();
  REQUIRE(staff_keys.size() == 1);
  CHECK(staff_keys[0].key_id == staff.key_id());
  CHECK(staff_keys[0].service.empty());

  const KeySet service_keys =
      ParseJwks(settings::ReadFile(directory + "/services.jwks.json").value()).value();
  REQUIRE(service_keys.size() == ServiceCeilings().size());
  for (size_t i = 0; i < service_keys.size(); ++i) {
    const ServiceCeiling& ceiling = ServiceCeilings()[i];
    const std::string path = directory + '/' + ceiling.service + ".pem";
    CHECK(service_keys[i].service == ceiling.service);
    CHECK(service_keys[i].permissions == ceiling.permissions);
    CHECK(service_keys[i].key_id == PrivateKey::FromFile(path).value().key_id());
    CHECK(ModeOf(path) == 0600);
  }
  CHECK(Sealer::FromFile(directory + "/seal.key").ok());
  CHECK(Signer::FromFile(directory + "/enrollment.key").ok());
  CHECK(ModeOf(directory + "/staff.pem") == 0600);
  CHECK(ModeOf(directory + "/seal.key") == 0600);
  CHECK(ModeOf(directory + "/enrollment.key") == 0600);
}

TEST_CASE("A second call changes nothing, and makes only what is missing", "[auth]") {
  const TestDirectory parent;
  const std::string directory = parent / "keys";
  REQUIRE(EnsureKeys(directory).ok());
  auto before = FilesOf(directory);
  REQUIRE(EnsureKeys(directory).ok());
  CHECK(FilesOf(directory) == before);

  std::filesystem::remove(directory + "/seal.key");
  std::filesystem::remove(directory + "/jwks.json");
  REQUIRE(EnsureKeys(directory).ok());
  auto after = FilesOf(directory);
  CHECK(after["jwks.json"] == before["jwks.json"]);  // Of the same private key.
  CHECK(after["seal.key"] != before["seal.key"]);
  after.erase("seal.key");
  before.erase("seal.key");
  CHECK(after == before);
}

TEST_CASE("A private key that its published set does not know is told", "[auth]") {
  const TestDirectory parent;
  const std::string directory = parent / "keys";
  REQUIRE(EnsureKeys(directory).ok());
  std::filesystem::remove(directory + "/contact.pem");
  const absl::Status status = EnsureKeys(directory);
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(status.message()), Contains("contact.pem"));
  CHECK_THAT(std::string(status.message()), Contains("services.jwks.json"));

  std::filesystem::remove(directory + "/services.jwks.json");
  CHECK(EnsureKeys(directory).ok());
}

TEST_CASE("The set of a release with other ceilings is written anew, and no key", "[auth]") {
  const TestDirectory parent;
  const std::string directory = parent / "keys";
  REQUIRE(EnsureKeys(directory).ok());
  const auto before = FilesOf(directory);

  std::vector<std::string> jwks;
  for (const ServiceCeiling& ceiling : ServiceCeilings()) {
    const auto key = PrivateKey::FromFile(directory + '/' + ceiling.service + ".pem").value();
    jwks.push_back(PublicJwk(key, ceiling.service, {"events.read", "messages.read"}));
  }
  const PrivateKey erp = PrivateKey::Generate();
  jwks.push_back(PublicJwk(erp, "erp", {"accounts.write"}));
  parent.Write("keys/services.jwks.json", JwkSet(jwks));

  REQUIRE(EnsureKeys(directory).ok());
  auto after = FilesOf(directory);
  const KeySet keys = ParseJwks(after["services.jwks.json"]).value();
  REQUIRE(keys.size() == ServiceCeilings().size() + 1);
  for (size_t i = 0; i < ServiceCeilings().size(); ++i) {
    CHECK(keys[i].service == ServiceCeilings()[i].service);
    CHECK(keys[i].permissions == ServiceCeilings()[i].permissions);
  }
  CHECK(keys.back().key_id == erp.key_id());
  CHECK(keys.back().service == "erp");
  CHECK(keys.back().permissions == std::vector<std::string>{"accounts.write"});
  CHECK(ModeOf(directory + "/services.jwks.json") == 0644);

  after["services.jwks.json"] = before.at("services.jwks.json");
  CHECK(after == before);
}

TEST_CASE("Several processes may make the keys at once", "[auth]") {
  const TestDirectory parent;
  const std::string directory = parent / "keys";
  std::vector<absl::Status> results(4);
  std::vector<std::thread> threads;
  for (absl::Status& result : results) {
    threads.emplace_back([&] { result = EnsureKeys(directory); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& result : results) CHECK(result.ok());
  CHECK(FilesOf(directory).size() == 10);
  CHECK(EnsureKeys(directory).ok());
}

TEST_CASE("A directory that cannot be made is named", "[auth]") {
  const TestDirectory parent;
  parent.Write("keys", "a file");
  const absl::Status status = EnsureKeys(parent / "keys");
  CHECK_FALSE(status.ok());
  CHECK_THAT(std::string(status.message()), Contains("keys"));
}

}  // namespace
}  // namespace portico::auth

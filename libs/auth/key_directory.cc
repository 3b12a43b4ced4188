#include "libs/auth/key_directory.h"

#include <absl/strings/escaping.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "libs/auth/jwks.h"
#include "libs/auth/key_lines.h"
#include "libs/auth/permissions.h"
#include "libs/auth/private_key.h"
#include "libs/base/random.h"
#include "libs/base/status_macros.h"
#include "libs/settings/read_file.h"

namespace portico::auth {
namespace {

constexpr mode_t kPrivate = 0600;
constexpr mode_t kPublic = 0644;

enum class Existing { kStays, kIsReplaced };

// Writes a file as a whole or not at all.
absl::Status WriteFile(const std::string& path, const std::string& content, mode_t mode,
                       Existing existing) {
  const std::string draft = path + '.' + absl::BytesToHexString(RandomBytes(8));
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return absl::ErrnoToStatus(errno, '"' + path + '"');
  const bool written =
      write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
      fsync(file) == 0;
  int error = written ? 0 : errno;
  close(file);
  if (error == 0 && existing == Existing::kIsReplaced) {
    if (rename(draft.c_str(), path.c_str()) == 0) return absl::OkStatus();
    error = errno;
  }
  // Unlike a rename, a link fails when the name is taken: then another's file stands.
  if (error == 0 && link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) error = errno;
  unlink(draft.c_str());
  if (error != 0) return absl::ErrnoToStatus(error, '"' + path + '"');
  return absl::OkStatus();
}

absl::StatusOr<PrivateKey> EnsurePrivateKey(const std::string& path) {
  if (!std::filesystem::exists(path)) {
    RETURN_IF_ERROR(
        WriteFile(path, PrivateKey::Generate().Pem().Reveal(), kPrivate, Existing::kStays));
  }
  return PrivateKey::FromFile(path);
}

struct Published {
  std::string name;  // Of the private key's file, without ".pem".
  PrivateKey key;
  std::string jwk;
  std::vector<std::string> permissions;
};

// What is published, and the keys in the set `text` that are not of it.
std::vector<std::string> WithOthers(const std::vector<Published>& published,
                                    const std::string& text) {
  std::vector<std::string> jwks;
  std::set<std::string> own;
  for (const Published& one : published) {
    jwks.push_back(one.jwk);
    own.insert(one.key.key_id());
  }
  const auto set = nlohmann::ordered_json::parse(text, nullptr, false);
  for (const auto& key : set["keys"]) {
    const auto id = key.is_object() ? key.find("kid") : key.end();
    const bool is_own = id != key.end() && id->is_string() && own.contains(id->get<std::string>());
    if (!is_own) jwks.push_back(key.dump());
  }
  return jwks;
}

absl::Status EnsureSet(const std::string& path, const std::vector<Published>& published) {
  if (!std::filesystem::exists(path)) {
    std::vector<std::string> jwks;
    for (const Published& one : published) jwks.push_back(one.jwk);
    RETURN_IF_ERROR(WriteFile(path, JwkSet(jwks), kPublic, Existing::kStays));
  }
  ASSIGN_OR_RETURN(const std::string text, settings::ReadFile(path));
  ASSIGN_OR_RETURN(const KeySet keys, ParseJwks(text));
  bool current = true;
  for (const Published& one : published) {
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const VerificationKey& key) {
      return key.key_id == one.key.key_id();
    });
    if (found == keys.end()) {
      return absl::FailedPreconditionError('"' + path + "\" lacks the key of " + one.name +
                                           ".pem; remove it to have it made anew");
    }
    current = current && found->permissions == one.permissions;
  }
  if (current) return absl::OkStatus();
  return WriteFile(path, JwkSet(WithOthers(published, text)), kPublic, Existing::kIsReplaced);
}

}  // namespace

absl::Status EnsureKeys(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return absl::ErrnoToStatus(error.value(), '"' + directory + '"');

  ASSIGN_OR_RETURN(PrivateKey staff, EnsurePrivateKey(directory + "/staff.pem"));
  RETURN_IF_ERROR(EnsureSet(directory + "/jwks.json", {{"staff", staff, PublicJwk(staff), {}}}));

  std::vector<Published> services;
  for (const ServiceCeiling& ceiling : ServiceCeilings()) {
    ASSIGN_OR_RETURN(PrivateKey key, EnsurePrivateKey(directory + '/' + ceiling.service + ".pem"));
    const std::string jwk = PublicJwk(key, ceiling.service, ceiling.permissions);
    services.push_back({ceiling.service, std::move(key), jwk, ceiling.permissions});
  }
  RETURN_IF_ERROR(EnsureSet(directory + "/services.jwks.json", services));

  for (const char* name : {"/seal.key", "/enrollment.key"}) {
    if (std::filesystem::exists(directory + name)) continue;
    RETURN_IF_ERROR(
        WriteFile(directory + name, NewKeyLine().Reveal(), kPrivate, Existing::kStays));
  }
  return absl::OkStatus();
}

}  // namespace portico::auth

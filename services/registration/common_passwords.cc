#include "services/registration/common_passwords.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_split.h>
#include <zlib.h>

#include <array>
#include <memory>
#include <optional>

#include "libs/log/log.h"
#include "services/registration/password_rules.h"

namespace portico::registration {
namespace {

constexpr std::string_view kBuiltIn[] = {
    "00000000",   "01234567",      "0123456789",   "0987654321", "11111111",  "111111111",
    "1111111111", "11223344",      "12121212",     "12341234",   "123123123", "1234554321",
    "123456123",  "12345678",      "123456789",    "1234567890", "12345678a", "123456789a",
    "1234567q",   "1234qwer",      "123qweasd",    "12qwaszx",   "147258369", "1a2b3c4d",
    "1q2w3e4r",   "1q2w3e4r5t",    "1qaz2wsx",     "1qazxsw2",   "22222222",  "55555555",
    "66666666",   "77777777",      "87654321",     "88888888",   "987654321", "9876543210",
    "99999999",   "a1b2c3d4",      "a1234567",     "a12345678",  "aa123456",  "aaaaaaaa",
    "abc12345",   "abcd1234",      "abcdefgh",     "abcdefghi",  "access14",  "admin123",
    "admin1234",  "administrator", "alexander",    "asdasdasd",  "asdf1234",  "asdfasdf",
    "asdfghjk",   "asdfghjkl",     "babygirl",     "baseball",   "baseball1", "basketball",
    "blink182",   "butterfly",     "changeme",     "charlie1",   "chocolate", "computer",
    "corvette",   "dragon123",     "einstein",     "elizabeth",  "football",  "football1",
    "freedom1",   "garfield",      "hello123",     "iloveyou",   "iloveyou1", "internet",
    "jennifer",   "letmein1",      "letmein123",   "liverpool",  "lovelove",  "master123",
    "maverick",   "mercedes",      "michelle",     "midnight",   "monkey123", "mustang1",
    "ncc1701d",   "p@ssw0rd",      "passw0rd",     "password",   "password!", "password1",
    "password12", "password123",   "password1234", "pokemon1",   "princess",  "princess1",
    "q1w2e3r4",   "q1w2e3r4t5",    "qazwsxedc",    "qwer1234",   "qwerasdf",  "qwerty12",
    "qwerty123",  "qwerty1234",    "qwertyui",     "qwertyuiop", "rush2112",  "samantha",
    "secret123",  "shadow123",     "snowball",     "starwars",   "sunshine",  "sunshine1",
    "superman",   "superman1",     "swordfish",    "test1234",   "testtest",  "trustno1",
    "victoria",   "welcome1",      "welcome123",   "whatever",   "zaq12wsx",  "zxcvbnm1",
};

// zlib hands out plain files as they are.
std::optional<std::string> ReadPlainOrGzip(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (file == nullptr) return std::nullopt;
  std::string content;
  std::array<char, 1 << 16> block;
  int count;
  while ((count = gzread(file.get(), block.data(), block.size())) > 0) {
    content.append(block.data(), static_cast<size_t>(count));
  }
  if (count < 0) return std::nullopt;
  return content;
}

std::string Folded(std::string_view password) {
  return absl::AsciiStrToLower({password.data(), password.size()});
}

}  // namespace

CommonPasswords::CommonPasswords(const std::string& path) {
  for (const std::string_view password : kBuiltIn) passwords_.emplace(password);
  const std::optional<std::string> content = ReadPlainOrGzip(path);
  if (!content.has_value()) {
    log::Warn("cannot read the list of common passwords; only the built-in ones are refused",
              {{"file", path}});
    return;
  }
  for (const absl::string_view line : absl::StrSplit(*content, '\n')) {
    const absl::string_view password = absl::StripAsciiWhitespace(line);
    // Shorter ones are refused anyway.
    if (password.size() >= kMinPasswordLength) {
      passwords_.insert(Folded({password.data(), password.size()}));
    }
  }
}

bool CommonPasswords::Contains(std::string_view password) const {
  return passwords_.contains(Folded(password));
}

}  // namespace portico::registration

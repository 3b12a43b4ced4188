#include "libs/auth/key_lines.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "libs/auth/encoding.h"
#include "libs/base/random.h"
#include "libs/base/status_macros.h"
#include "libs/settings/read_file.h"

namespace portico::auth {

bool IsKeyId(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_';
  });
}

absl::StatusOr<std::vector<NamedKey>> ReadKeyLines(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, settings::ReadFile(path));
  auto keys = ParseKeyLines(Secret(std::move(text)));
  if (!keys.ok()) {
    return absl::InvalidArgumentError('"' + path + "\": " + std::string(keys.status().message()));
  }
  return keys;
}

absl::StatusOr<std::vector<NamedKey>> ParseKeyLines(const Secret& lines) {
  std::vector<NamedKey> keys;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(lines.Reveal(), '\n')) {
    ++number;
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.empty()) continue;
    std::optional<std::string> bytes;
    if (words.size() == 2 && IsKeyId(words[0])) {
      bytes = DecodeBase64(words[1]);
    }
    if (!bytes.has_value() || bytes->size() != NamedKey::kBytes) {
      return absl::InvalidArgumentError("line " + std::to_string(number) +
                                        ": want a key id and 32 bytes in base64");
    }
    keys.push_back({words[0], Secret(*std::move(bytes))});
  }
  if (keys.empty()) return absl::InvalidArgumentError("want at least one key");
  return keys;
}

Secret NewKeyLine() {
  const std::string id = "k-" + absl::BytesToHexString(RandomBytes(4));
  return Secret(id + ' ' + EncodeBase64(RandomBytes(NamedKey::kBytes)) + '\n');
}

}  // namespace portico::auth

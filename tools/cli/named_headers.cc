#include "tools/cli/named_headers.h"

#include <absl/strings/str_cat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "libs/rpc/errors.h"
#include "tools/cli/text_pieces.h"

namespace portico::cli {

absl::StatusOr<NamedHeaders> ParseNamedHeaders(std::string_view text, char separator) {
  // As spreadsheets begin a file.
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  NamedHeaders named;
  for (const std::string_view pair : PiecesOf(text, separator)) {
    if (pair.starts_with('#')) continue;
    const size_t equals = pair.rfind('=');
    if (equals == std::string_view::npos) {
      return rpc::InvalidField("mapping",
                               absl::StrCat("got ", rpc::Quoted(pair), ", want Header=field"));
    }
    const std::string header(Trimmed(pair.substr(0, equals)));
    const std::string field(Trimmed(pair.substr(equals + 1)));
    if (!named.emplace(header, field).second) {
      return rpc::InvalidField("mapping",
                               absl::StrCat("got ", rpc::Quoted(header), " twice, want it once"));
    }
  }
  return named;
}

absl::StatusOr<NamedHeaders> ReadNamedHeaders(const std::string& mapping) {
  std::error_code ignored;
  if (!std::filesystem::exists(mapping, ignored)) {
    const bool has_pairs = mapping.empty() || mapping.find('=') != std::string::npos;
    if (has_pairs) return ParseNamedHeaders(mapping, ',');
    return rpc::InvalidField("mapping", absl::StrCat("got ", rpc::Quoted(mapping),
                                                     ", want Header=field, or the name of a file: "
                                                     "there is none of this name"));
  }
  std::ifstream file(mapping, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    return rpc::InvalidField("mapping", absl::StrCat(mapping, " cannot be read"));
  }
  return ParseNamedHeaders(text.str(), '\n');
}

}  // namespace portico::cli

#include "services/gateway/path_template.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <utility>

#include "libs/base/status_macros.h"
#include "services/gateway/url.h"

namespace portico::gateway {
namespace {

constexpr size_t kNone = std::string_view::npos;

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> segments;
  for (size_t begin = 0;;) {
    const size_t slash = path.find('/', begin);
    segments.push_back(path.substr(begin, slash == kNone ? kNone : slash - begin));
    if (slash == kNone) return segments;
    begin = slash + 1;
  }
}

}  // namespace

RequestPath::RequestPath(std::string_view path) {
  const size_t colon = path.find(':', path.rfind('/'));
  if (colon != kNone) {
    verb = path.substr(colon + 1);
    path = path.substr(0, colon);
  }
  if (!path.empty() && path[0] == '/') segments = Split(path.substr(1));
}

absl::StatusOr<PathTemplate> PathTemplate::Parse(std::string_view text) {
  PathTemplate result;
  const auto refuse = [&](const absl::Status& why) {
    return absl::InvalidArgumentError(
        absl::StrCat(absl::string_view(text.data(), text.size()), ": ", why.message()));
  };
  if (text.empty() || text[0] != '/') return refuse(absl::InvalidArgumentError("want a slash"));
  std::string_view rest = text.substr(1);
  const size_t colon = rest.rfind(':');
  const size_t brace = rest.rfind('}');
  if (colon != kNone && (brace == kNone || colon > brace)) {
    result.verb_ = std::string(rest.substr(colon + 1));
    rest = rest.substr(0, colon);
  }
  while (!rest.empty()) {
    // A variable may hold slashes of its own.
    size_t end = rest[0] == '{' ? rest.find('}') : rest.find('/');
    if (rest[0] == '{') {
      if (end == kNone) return refuse(absl::InvalidArgumentError("want a closing brace"));
      if (absl::Status added = result.AddVariable(rest.substr(1, end - 1)); !added.ok()) {
        return refuse(added);
      }
      ++end;
    } else if (absl::Status added = result.AddSegments(rest.substr(0, end)); !added.ok()) {
      return refuse(added);
    }
    if (end == kNone || end == rest.size()) break;
    if (rest[end] != '/')
      return refuse(absl::InvalidArgumentError("want a slash behind a variable"));
    rest = rest.substr(end + 1);
  }
  if (result.segments_.empty()) return refuse(absl::InvalidArgumentError("want a segment"));
  return result;
}

absl::Status PathTemplate::AddSegments(std::string_view text) {
  for (const std::string_view segment : Split(text)) {
    if (segment.empty()) return absl::InvalidArgumentError("a segment is empty");
    if (!segments_.empty() && segments_.back().is_rest) {
      return absl::InvalidArgumentError("** must come last");
    }
    const bool is_rest = segment == "**";
    segments_.push_back({is_rest || segment == "*" ? "" : std::string(segment), is_rest});
  }
  return absl::OkStatus();
}

absl::Status PathTemplate::AddVariable(std::string_view text) {
  const size_t equals = std::min(text.find('='), text.size());
  const size_t begin = segments_.size();
  RETURN_IF_ERROR(AddSegments(equals == text.size() ? "*" : text.substr(equals + 1)));
  names_.emplace_back(text.substr(0, equals));
  variables_.push_back({begin, segments_.size()});
  return absl::OkStatus();
}

std::optional<std::vector<std::string>> PathTemplate::Match(const RequestPath& path) const {
  const std::vector<std::string_view>& found = path.segments;
  if (path.verb != verb_) return std::nullopt;
  const bool has_rest = segments_.back().is_rest;
  if (has_rest ? found.size() < segments_.size() : found.size() != segments_.size()) {
    return std::nullopt;
  }
  for (size_t i = 0; i < segments_.size(); ++i) {
    if (found[i].empty()) return std::nullopt;
    if (!segments_[i].literal.empty() && segments_[i].literal != found[i]) return std::nullopt;
  }
  std::vector<std::string> values;
  for (const Variable& variable : variables_) {
    const size_t end = segments_[variable.end - 1].is_rest ? found.size() : variable.end;
    std::vector<std::string> parts;
    for (size_t i = variable.begin; i < end; ++i) {
      std::optional<std::string> part = PercentDecode(found[i]);
      if (!part.has_value()) return std::nullopt;
      parts.push_back(*std::move(part));
    }
    values.push_back(absl::StrJoin(parts, "/"));
  }
  return values;
}

std::string PathTemplate::Format(const std::vector<std::string>& names) const {
  std::string text;
  for (size_t i = 0, variable = 0; i < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    if (!names.empty() && variable < variables_.size() && variables_[variable].begin == i) {
      absl::StrAppend(&text, "/{", names[variable], "}");
      i = variables_[variable++].end - 1;
    } else {
      absl::StrAppend(&text, "/",
                      !segment.literal.empty() ? segment.literal
                      : segment.is_rest        ? "**"
                                               : "*");
    }
  }
  return verb_.has_value() ? absl::StrCat(text, ":", *verb_) : text;
}

bool PathTemplate::operator<(const PathTemplate& other) const {
  const auto rank = [](const Segment& segment) {
    return segment.is_rest ? 2 : segment.literal.empty() ? 1 : 0;
  };
  return std::lexicographical_compare(
      segments_.begin(), segments_.end(), other.segments_.begin(), other.segments_.end(),
      [&](const Segment& a, const Segment& b) { return rank(a) < rank(b); });
}

}  // namespace portico::gateway

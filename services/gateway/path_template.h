#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portico::gateway {

// The path of a request, still percent-encoded, taken apart once for all templates.
// Refers to the text that it is made from.
struct RequestPath {
  explicit RequestPath(std::string_view path);

  std::vector<std::string_view> segments;
  // Behind a colon in the last segment, unless that is written %3A.
  std::optional<std::string_view> verb;
};

// The path of a google.api.http rule, such as "/v1/contacts/{contact_id}:sendInvitation":
// literals, * (one segment), ** (any rest), variables such as {id} or {name=sites/*},
// and a verb.
class PathTemplate {
 public:
  // INVALID_ARGUMENT: `text` is no such template.
  static absl::StatusOr<PathTemplate> Parse(std::string_view text);

  // The values of the variables, decoded, in the order of variables(); nullopt when
  // `path` is not of this form.
  std::optional<std::vector<std::string>> Match(const RequestPath& path) const;

  // The field paths of the variables.
  const std::vector<std::string>& variables() const { return names_; }

  // The template with `names` for the variables: "/v1/contacts/{id}:revoke". With
  // empty names it is the same for all templates that match the same paths.
  std::string Format(const std::vector<std::string>& names) const;

  // Sorts before another when it is to be tried first, since a literal stands
  // where the other has a variable.
  bool operator<(const PathTemplate& other) const;

 private:
  // A literal, or empty for any segment.
  struct Segment {
    std::string literal;
    bool is_rest = false;
  };
  struct Variable {
    size_t begin, end;  // Its segments.
  };

  absl::Status AddSegments(std::string_view text);
  absl::Status AddVariable(std::string_view text);

  std::vector<Segment> segments_;
  std::vector<Variable> variables_;
  std::vector<std::string> names_;
  std::optional<std::string> verb_;
};

}  // namespace portico::gateway

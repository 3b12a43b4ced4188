#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace portico::rpc {

struct FieldViolation {
  std::string field, description;
};

// Gathers what is wrong with a request, one entry a field, so that the caller
// learns of all of it at once.
class FieldErrors {
 public:
  // `field` is its path from the request, such as "contact.email"; `description`
  // says what was got and what is wanted, such as `got "x@", want an e-mail address`.
  void Add(std::string_view field, std::string_view description);
  bool empty() const { return violations_.empty(); }

  // OK when nothing was added; else INVALID_ARGUMENT with google.rpc.BadRequest.
  absl::Status ToStatus() const;

 private:
  std::vector<FieldViolation> violations_;
};

// The fields that an INVALID_ARGUMENT of FieldErrors names; none for any other status.
std::vector<FieldViolation> ViolationsOf(const absl::Status& status);

// INVALID_ARGUMENT about one field.
absl::Status InvalidField(std::string_view field, std::string_view description);

// An error with a google.rpc.ErrorInfo of domain "portico": `reason` is
// UPPER_SNAKE_CASE and part of the contract, `message` is for people.
absl::Status ErrorWithReason(absl::StatusCode code, std::string_view reason,
                             std::string_view message,
                             const std::map<std::string, std::string>& metadata = {});

// `status` with a google.rpc.RetryInfo.
absl::Status RetryAfter(absl::Status status, absl::Duration delay);

// The ErrorInfo's reason; empty when the error has none.
std::string ReasonOf(const absl::Status& status);

// Shows a value from a request in an error: in quotes, shortened to 60
// characters, control characters escaped.
std::string Quoted(std::string_view value);

}  // namespace portico::rpc

#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace portico {

// A password, token or key. It prints as ***, so that no log line or error can
// carry it by accident; Reveal() is the one way out, easy to search for.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  ~Secret();
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) noexcept = default;

  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// In a time that depends on the lengths only.
bool EqualInConstantTime(std::string_view a, std::string_view b);

std::ostream& operator<<(std::ostream& out, const Secret& secret);

}  // namespace portico

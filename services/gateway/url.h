#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portico::gateway {

// Undoes percent-encoding. nullopt: a % is not followed by two hex digits.
std::optional<std::string> PercentDecode(std::string_view text);

// The pairs of a query such as "pageSize=2&email=a%40b", in their order; a plus
// sign stands for a blank. nullopt as above.
std::optional<std::vector<std::pair<std::string, std::string>>> ParseQuery(std::string_view query);

}  // namespace portico::gateway

#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace portico::mail {

// For tests: what a foreign parser, Python's email library, reads in a message; see
// testdata/parse_message.py.
nlohmann::json Parse(const std::string& bytes);

// Checks the lengths and ends of a message's lines: RFC 5322, section 2.1.1, RFC 2047, section 2,
// and, after its head, RFC 2045, section 6.7.
void CheckLines(const std::string& bytes);

}  // namespace portico::mail

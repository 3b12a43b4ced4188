#include "libs/base/secret.h"

#include <cstring>
#include <ostream>

namespace portico {

Secret::~Secret() { explicit_bzero(value_.data(), value_.size()); }

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

}  // namespace portico

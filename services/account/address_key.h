#pragma once

#include <string>

#include "portico/account/v1/account.pb.h"

namespace portico::account {

// What two addresses have in common exactly when they are one place: street, unit and postal
// code without case, accents, punctuation and the usual English abbreviations. A neighbour's
// house or another unit never has it. Empty where street or postal code is missing; such an
// address is nobody's. At most 200 bytes.
//
// The unit is what follows "Apt", "Unit", "Suite", "#" and the like up to a comma or the end of
// the line, or, behind a house's number, a line of its own that is no more than a number or a
// letter.
std::string AddressKey(const v1::Address& address);

// Whether they have the same key, which is not empty, and no two different countries: a country may
// be left out.
bool IsSameAddress(const v1::Address& one, const v1::Address& other);

}  // namespace portico::account

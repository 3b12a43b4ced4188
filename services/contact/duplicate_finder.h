#pragma once

#include <vector>

#include "portico/contact/v1/contact_service.pb.h"

namespace portico::contact {

// The pairs among the contacts of an account that may be the same person, the likeliest first, at
// most `limit`. Contacts are compared only where they share an e-mail address, a phone number or a
// word of their names, so that many contacts cost no more than what they have in common.
std::vector<v1::DuplicatePair> FindDuplicates(const std::vector<v1::Contact>& contacts,
                                              size_t limit);

}  // namespace portico::contact

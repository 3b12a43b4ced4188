#pragma once

#include <absl/status/status.h>

#include <string>

#include "portico/contact/v1/contact.pb.h"

namespace portico::contact {

// What a new contact has where nothing is said: portal access.
void FillIn(v1::Contact& contact);

// Brings a contact into the form in which it is stored: blanks at the ends of
// names, addresses and tags go, as do empty and repeated tags; an empty display
// name is made from first and last.
// Then checks what the field rules in the proto cannot state. INVALID_ARGUMENT
// names every field that is wrong, as fields of `name`.
absl::Status Complete(v1::Contact& contact, const std::string& name = "contact");

// A contact that was a billing contact is none any more; of another nothing changes.
void GiveUpBilling(v1::Contact& contact);

// Lets a display name that was made from first and last be made again after
// these have changed; one that was given stays.
void RemakeDisplayName(const v1::PersonName& before, v1::PersonName& after);

}  // namespace portico::contact

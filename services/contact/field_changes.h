#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include "portico/contact/v1/activity.pb.h"
#include "portico/contact/v1/contact.pb.h"

namespace portico::contact {

// What differs between two versions of a contact, field by field, as people read it. Times, the
// etag and what other services tell are left out.
google::protobuf::RepeatedPtrField<v1::FieldChange> FieldChanges(const v1::Contact& before,
                                                                 const v1::Contact& after);

}  // namespace portico::contact

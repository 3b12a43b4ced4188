#pragma once

#include <google/protobuf/message.h>

namespace portico::account {

// The requests, responses and events of a resource hold it in one field of its
// type. These reach that field whatever the message, so that what is alike for
// all kinds of resources is written once. They abort where there is none.

// The field of `holder` that holds messages of `type`.
const google::protobuf::FieldDescriptor& FieldOf(const google::protobuf::Descriptor& type,
                                                 const google::protobuf::Message& holder);

template <class M>
const M& HeldIn(const google::protobuf::Message& holder) {
  return static_cast<const M&>(
      holder.GetReflection()->GetMessage(holder, &FieldOf(*M::descriptor(), holder)));
}

// Copies `resource` into the field; into a list, at its end. Answers the copy.
google::protobuf::Message& HoldAny(const google::protobuf::Message& resource,
                                   google::protobuf::Message& holder);
template <class M>
M& Hold(const M& resource, google::protobuf::Message& holder) {
  return static_cast<M&>(HoldAny(resource, holder));
}

}  // namespace portico::account

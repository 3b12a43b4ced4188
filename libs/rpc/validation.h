#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <vector>

namespace portico::rpc {

// The rules that the protos state about the fields of one request message, or of another
// that a request holds (portico.options.v1.rules), read once. Immutable, so thread-safe.
class Validator {
 public:
  // Whether all that is required must be there, or may be filled in later.
  enum class Completeness { kWhole, kPartial };

  explicit Validator(const google::protobuf::Descriptor& request,
                     Completeness completeness = Completeness::kWhole);
  ~Validator();

  // Clears output-only fields and answers what else is wrong: INVALID_ARGUMENT
  // with one violation a field, its path written from the request. In an update
  // (a request with update_mask) the id of the resource is kept and required; other
  // required fields of the resource may be missing unless the mask names them.
  absl::Status Check(google::protobuf::Message& request) const;

 private:
  struct Field;
  using Fields = std::vector<Field>;
  class Visit;

  const Fields& FieldsOf(const google::protobuf::Descriptor& message);

  absl::flat_hash_map<const google::protobuf::Descriptor*, std::unique_ptr<Fields>> messages_;
  const google::protobuf::Descriptor& request_;
  const google::protobuf::FieldDescriptor* const update_mask_;
  const Completeness completeness_;
};

}  // namespace portico::rpc

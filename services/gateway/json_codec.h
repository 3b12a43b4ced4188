#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <string_view>

namespace portico::gateway {

class JsonWriter;

// Proto3 JSON to the wire format and back, for the messages of a pool. Thread-safe.
class JsonCodec {
 public:
  explicit JsonCodec(const google::protobuf::DescriptorPool& pool);
  ~JsonCodec();

  // `json` is an object that CheckShape has passed.
  // INVALID_ARGUMENT: a value is not one of its field's type.
  absl::StatusOr<std::string> ToBinary(const google::protobuf::Descriptor& message,
                                       const std::string& json) const;

  // Fields with default values are written too, so that shapes are stable.
  // INTERNAL: `binary` is no such message.
  absl::StatusOr<std::string> ToJson(const google::protobuf::Descriptor& message,
                                     const std::string& binary) const;

 private:
  class Types;

  std::string WellKnownToJson(const google::protobuf::Message& message) const;

  const google::protobuf::DescriptorPool& pool_;
  const std::unique_ptr<Types> types_;
  const std::unique_ptr<JsonWriter> writer_;
};

}  // namespace portico::gateway

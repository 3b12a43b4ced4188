#pragma once

#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/message.h>

#include <functional>
#include <string>
#include <string_view>

namespace portico::gateway {

// Writes messages of a pool as proto3 JSON, with fields of default values, so that
// shapes are stable. Protobuf's own writer, which describes every type to itself anew on
// each call, took more than a third of the gateway's time for a read; types with a JSON
// form of their own (google.protobuf.Duration, Any …) are left to it. Thread-safe.
class JsonWriter {
 public:
  // The JSON of a message with a form of its own; "" when it has none.
  using WellKnown = std::function<std::string(const google::protobuf::Message&)>;

  explicit JsonWriter(WellKnown well_known) : well_known_(std::move(well_known)) {}

  // Appends the message whose bytes these are. False when they are no such message.
  bool Write(const google::protobuf::Descriptor& type, const std::string& binary, std::string& out);

 private:
  void WriteMessage(const google::protobuf::Message& message, std::string& out) const;
  void WriteField(const google::protobuf::Message& message,
                  const google::protobuf::FieldDescriptor& field, std::string& out) const;
  void WriteMap(const google::protobuf::Message& message,
                const google::protobuf::FieldDescriptor& field, std::string& out) const;
  void WriteValue(const google::protobuf::Message& message,
                  const google::protobuf::FieldDescriptor& field, int item, std::string& out) const;

  const WellKnown well_known_;
  google::protobuf::DynamicMessageFactory messages_;
};

}  // namespace portico::gateway

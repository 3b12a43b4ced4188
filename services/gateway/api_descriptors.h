#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>

#include <memory>
#include <string_view>
#include <vector>

namespace portico::gateway {

// The protos that the gateway serves, with their comments. They come as data, so
// that a new annotated RPC needs no code here.
class ApiDescriptors {
 public:
  // `file_descriptor_set` is what protoc writes for --descriptor_set_out.
  // INVALID_ARGUMENT: it is none, or lacks an import.
  static absl::StatusOr<std::unique_ptr<ApiDescriptors>> Load(std::string_view file_descriptor_set);

  const google::protobuf::DescriptorPool& pool() const { return pool_; }
  // Every method of every service that has a google.api.http rule.
  const std::vector<const google::protobuf::MethodDescriptor*>& methods() const { return methods_; }

 private:
  ApiDescriptors() = default;

  google::protobuf::DescriptorPool pool_;
  std::vector<const google::protobuf::MethodDescriptor*> methods_;
};

}  // namespace portico::gateway

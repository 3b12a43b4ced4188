#include "services/gateway/api_descriptors.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/descriptor.pb.h>

#include "google/api/annotations.pb.h"

namespace portico::gateway {

using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::MethodDescriptor;

absl::StatusOr<std::unique_ptr<ApiDescriptors>> ApiDescriptors::Load(
    std::string_view file_descriptor_set) {
  FileDescriptorSet set;
  if (!set.ParseFromArray(file_descriptor_set.data(),
                          static_cast<int>(file_descriptor_set.size()))) {
    return absl::InvalidArgumentError("the API descriptors are no FileDescriptorSet");
  }
  std::unique_ptr<ApiDescriptors> api(new ApiDescriptors);
  for (const FileDescriptorProto& proto : set.file()) {
    const FileDescriptor* file = api->pool_.BuildFile(proto);
    if (file == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("the API descriptors lack what ", proto.name(), " imports"));
    }
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const MethodDescriptor* method = file->service(s)->method(m);
        if (method->options().HasExtension(google::api::http)) api->methods_.push_back(method);
      }
    }
  }
  return api;
}

}  // namespace portico::gateway

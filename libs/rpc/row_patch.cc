#include "libs/rpc/row_patch.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <string>

#include "libs/rpc/errors.h"
#include "portico/options/v1/options.pb.h"

namespace portico::rpc {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;

absl::StatusOr<FieldList> FieldsOfMask(const FieldMask& mask, const Descriptor& resource) {
  FieldList fields;
  for (const std::string& path : mask.paths()) {
    const FieldDescriptor* field = resource.FindFieldByName(path);
    if (field == nullptr || path == "etag" ||
        field->options().GetExtension(portico::options::v1::rules).output_only()) {
      return InvalidField("options.update_mask",
                               absl::StrCat("got ", Quoted(path), ", want a field of ",
                                            resource.name(), " that a row can set"));
    }
    fields.push_back(field);
  }
  return fields;
}

void ApplyPatch(Message& patch, const FieldList& always, Message& current) {
  FieldList fields;
  patch.GetReflection()->ListFields(patch, &fields);
  for (const FieldDescriptor* field : always) {
    if (std::ranges::find(fields, field) == fields.end()) fields.push_back(field);
  }
  patch.GetReflection()->SwapFields(&patch, &current, fields);
}

}  // namespace portico::rpc

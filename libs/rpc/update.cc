#include "libs/rpc/update.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <google/protobuf/util/field_mask_util.h>

#include "libs/rpc/errors.h"
#include "portico/options/v1/options.pb.h"

namespace portico::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::util::FieldMaskUtil;

std::string EtagOf(const Message& resource) {
  const FieldDescriptor* field = resource.GetDescriptor()->FindFieldByName("etag");
  return field == nullptr ? "" : resource.GetReflection()->GetString(resource, field);
}

bool IsFixed(const FieldDescriptor& field) {
  return field.name() == "id" || field.name() == "etag" ||
         field.options().GetExtension(portico::options::v1::rules).output_only();
}

FieldMask FieldsSetIn(const Message& patch) {
  FieldMask mask;
  std::vector<const FieldDescriptor*> set;
  patch.GetReflection()->ListFields(patch, &set);
  for (const FieldDescriptor* field : set) mask.add_paths(field->name());
  return mask;
}

}  // namespace

absl::Status CheckEtag(std::string_view field, const std::string& got, const std::string& present) {
  if (got.empty() || got == present) return absl::OkStatus();
  return ErrorWithReason(absl::StatusCode::kAborted, "ETAG_STALE",
                         absl::StrCat(std::string(field), ": got ", Quoted(got),
                                      ", which is not the present one: read it again"));
}

absl::Status ApplyUpdate(std::string_view resource, const Message& patch, const FieldMask& mask,
                         Message& current) {
  const absl::Status fresh =
      CheckEtag(absl::StrCat(std::string(resource), ".etag"), EtagOf(patch), EtagOf(current));
  if (!fresh.ok()) return fresh;
  const FieldMask named = mask.paths_size() > 0 ? mask : FieldsSetIn(patch);
  FieldMask wanted;
  for (const std::string& path : named.paths()) {
    std::vector<const FieldDescriptor*> fields;
    if (!FieldMaskUtil::GetFieldDescriptors(patch.GetDescriptor(), path, &fields)) {
      return InvalidField("update_mask", absl::StrCat("got ", Quoted(path), ", want a field of ",
                                                      patch.GetDescriptor()->name()));
    }
    if (!IsFixed(*fields.front())) wanted.add_paths(path);
  }
  FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  FieldMaskUtil::MergeMessageTo(patch, wanted, options, &current);
  return absl::OkStatus();
}

std::string NextEtag(const std::string& etag) {
  int64_t version = 0;
  return std::to_string(absl::SimpleAtoi(etag, &version) ? version + 1 : 1);
}

}  // namespace portico::rpc

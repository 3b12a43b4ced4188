#include "services/gateway/json_codec.h"

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/synchronization/mutex.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/type.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>
#include <google/protobuf/util/type_resolver.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <algorithm>
#include <vector>

#include "libs/rpc/errors.h"
#include "services/gateway/field_path.h"
#include "services/gateway/json_writer.h"

namespace portico::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::Message;
using google::protobuf::util::Status;
using google::protobuf::util::TypeResolver;

constexpr char kTypePrefix[] = "type.googleapis.com";

std::string UrlOf(const Descriptor& message) {
  return absl::StrCat(kTypePrefix, "/", message.full_name());
}

std::string WantOneOf(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) names.push_back(type.value(i)->name());
  }
  return absl::StrCat("want one of ", absl::StrJoin(names, ", "));
}

// What a value of a type must be; `type` as in protobuf's messages.
std::string Want(const DescriptorPool& pool, const std::string& type) {
  const std::string name = type.substr(type.rfind('/') + 1);
  if (name == "TYPE_STRING") return "want text";
  if (name == "TYPE_BOOL") return "want true or false";
  if (name == "TYPE_BYTES") return "want base 64";
  if (name == "TYPE_DOUBLE" || name == "TYPE_FLOAT") return "want a number";
  if (name.rfind("TYPE_", 0) == 0) return "want an integer that fits";
  if (name == "google.protobuf.Timestamp") return "want a time such as \"2025-01-31T08:30:00Z\"";
  if (name == "google.protobuf.Duration") return "want seconds such as \"90s\"";
  if (name == "google.protobuf.FieldMask") return "want field names with commas between";
  if (const EnumDescriptor* found = pool.FindEnumTypeByName(name)) return WantOneOf(*found);
  return "the value is not of the field's type";
}

// Whether it has the form of the names of an enum's values.
bool IsName(std::string_view value) {
  return value.size() <= 60 && std::ranges::all_of(value, [](unsigned char c) {
           return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_';
         });
}

// Protobuf says "(contact.mobile_opt_out): invalid value 1 for type TYPE_BOOL". The
// value is left out, since it may be a misplaced secret, but for one that looks like an enum's.
absl::Status InvalidValue(const DescriptorPool& pool, std::string_view message) {
  constexpr std::string_view kInvalidValue = "): invalid value ", kForType = " for type ";
  const size_t field_end = message.find(kInvalidValue);
  const size_t type = message.rfind(kForType);
  if (message.empty() || message[0] != '(' || field_end == message.npos || type == message.npos) {
    return absl::InvalidArgumentError("the request does not have the form of its type");
  }
  const std::string type_name(message.substr(type + kForType.size()));
  std::string_view value =
      message.substr(field_end + kInvalidValue.size(), type - field_end - kInvalidValue.size());
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  const bool is_enum =
      pool.FindEnumTypeByName(type_name.substr(type_name.rfind('/') + 1)) != nullptr;
  const std::string got =
      is_enum && IsName(value) ? absl::StrCat("got ", rpc::Quoted(value), ", ") : "";
  return rpc::InvalidField(ToJsonPath(message.substr(1, field_end - 1)),
                           absl::StrCat(got, Want(pool, type_name)));
}

}  // namespace

// The pool's types as protobuf's JSON code wants them. It asks for them on every
// call, and making them is a third of its work.
class JsonCodec::Types final : public TypeResolver {
 public:
  explicit Types(const DescriptorPool& pool)
      : resolver_(google::protobuf::util::NewTypeResolverForDescriptorPool(kTypePrefix, &pool)) {}

  Status ResolveMessageType(const std::string& url, google::protobuf::Type* type) override {
    return Resolve(messages_, url, type,
                   [&](auto* made) { return resolver_->ResolveMessageType(url, made); });
  }

  Status ResolveEnumType(const std::string& url, google::protobuf::Enum* type) override {
    return Resolve(enums_, url, type,
                   [&](auto* made) { return resolver_->ResolveEnumType(url, made); });
  }

 private:
  template <class T, class Make>
  Status Resolve(absl::flat_hash_map<std::string, T>& known, const std::string& url, T* type,
                 Make make) {
    {
      absl::ReaderMutexLock lock(&mutex_);
      if (const auto found = known.find(url); found != known.end()) {
        *type = found->second;
        return Status();
      }
    }
    if (Status status = make(type); !status.ok()) return status;
    absl::MutexLock lock(&mutex_);
    known.emplace(url, *type);
    return Status();
  }

  const std::unique_ptr<TypeResolver> resolver_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, google::protobuf::Type> messages_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, google::protobuf::Enum> enums_ ABSL_GUARDED_BY(mutex_);
};

JsonCodec::JsonCodec(const DescriptorPool& pool)
    : pool_(pool),
      types_(std::make_unique<Types>(pool)),
      writer_(std::make_unique<JsonWriter>(
          [this](const Message& message) { return WellKnownToJson(message); })) {}
JsonCodec::~JsonCodec() = default;

absl::StatusOr<std::string> JsonCodec::ToBinary(const Descriptor& message,
                                                const std::string& json) const {
  std::string binary;
  const Status status =
      google::protobuf::util::JsonToBinaryString(types_.get(), UrlOf(message), json, &binary);
  if (!status.ok()) {
    return InvalidValue(pool_, {status.message().data(), status.message().size()});
  }
  return binary;
}

absl::StatusOr<std::string> JsonCodec::ToJson(const Descriptor& message,
                                              const std::string& binary) const {
  std::string json;
  if (!writer_->Write(message, binary, json)) {
    return absl::InternalError(absl::StrCat(message.full_name(), ": not readable"));
  }
  return json;
}

std::string JsonCodec::WellKnownToJson(const Message& message) const {
  const Descriptor& type = *message.GetDescriptor();
  if (type.well_known_type() == Descriptor::WELLKNOWNTYPE_TIMESTAMP) {
    google::protobuf::Timestamp time;
    time.ParseFromString(message.SerializeAsString());
    return absl::StrCat("\"", google::protobuf::util::TimeUtil::ToString(time), "\"");
  }
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;  // Of what an Any holds.
  std::string json;
  // Fails for an Any of a type that the pool lacks, which says nothing to its reader.
  const Status status = google::protobuf::util::BinaryToJsonString(
      types_.get(), UrlOf(type), message.SerializeAsString(), &json, options);
  return status.ok() ? json : "{}";
}

}  // namespace portico::gateway

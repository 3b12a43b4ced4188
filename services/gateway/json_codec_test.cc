#include "services/gateway/json_codec.h"

#include <google/protobuf/util/json_util.h>

#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "library.pb.h"

namespace portico::gateway {
namespace {

namespace library = portico::library::v1;

using google::protobuf::Message;
using nlohmann::json;

// What protobuf itself makes of it.
json Reference(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string text;
  REQUIRE(google::protobuf::util::MessageToJsonString(message, &text, options).ok());
  return json::parse(text);
}

json Written(const Message& message) {
  static const JsonCodec codec(*google::protobuf::DescriptorPool::generated_pool());
  return json::parse(codec.ToJson(*message.GetDescriptor(), message.SerializeAsString()).value());
}

library::Everything Full() {
  library::Everything all;
  all.set_int32_value(std::numeric_limits<int32_t>::min());
  all.set_int64_value(std::numeric_limits<int64_t>::min());
  all.set_uint32_value(std::numeric_limits<uint32_t>::max());
  all.set_uint64_value(std::numeric_limits<uint64_t>::max());
  all.set_float_value(0.1f);
  all.set_double_value(1e300);
  all.set_bool_value(true);
  all.set_string_value("Zoë \"Q\" \\ \n\t\x01\x7f <b> \u2028 \xF0\x9F\x8F\xA0");
  all.set_bytes_value(std::string("\0\xFF?>", 4));
  all.set_enum_value(library::BOOK_KIND_POEMS);
  all.mutable_message_value();
  for (const int64_t number : {-1, 0, 1}) all.add_int64_list(number);
  for (const double number :
       {0.0, -0.5, 1.0, 1e21, std::numeric_limits<double>::quiet_NaN(),
        std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    all.add_double_list(number);
    all.add_float_list(static_cast<float>(number));
  }
  all.add_bool_list(false);
  all.add_bytes_list("");
  all.add_enum_list(library::BOOK_KIND_NOVEL);
  all.add_enum_list(static_cast<library::BookKind>(77));  // Of a later release.
  all.add_message_list()->set_string_value("inner");
  all.add_uint32_list(1);
  all.add_uint64_list(1);
  all.add_int32_list(-1);
  (*all.mutable_message_map())[-5].set_title("five");
  (*all.mutable_string_map())[true] = "yes";
  (*all.mutable_enum_map())["a \"key\""] = library::BOOK_KIND_NOVEL;
  all.set_optional_value(0);
  all.set_chosen_number(0);
  all.mutable_time()->set_seconds(-1);
  all.mutable_time()->set_nanos(120'000'000);
  all.mutable_span()->set_seconds(90);
  all.mutable_mask()->add_paths("string_value");
  REQUIRE(all.mutable_any()->PackFrom(all.message_list(0)));
  (*all.mutable_structure()->mutable_fields())["key"].set_number_value(1.5);
  all.add_times()->set_seconds(1'700'000'000);
  return all;
}

}  // namespace

TEST_CASE("Messages are written as protobuf writes them", "[gateway]") {
  CHECK(Written(library::Everything()) == Reference(library::Everything()));
  CHECK(Written(Full()) == Reference(Full()));
}

TEST_CASE("Bytes that are no such message are INTERNAL", "[gateway]") {
  const JsonCodec codec(*google::protobuf::DescriptorPool::generated_pool());
  const auto* type = library::Everything::descriptor();
  CHECK(absl::IsInternal(codec.ToJson(*type, "\x0A").status()));
  CHECK(absl::IsInternal(codec.ToJson(*type, "\x42\x01\xFF").status()));  // Text that is not UTF-8.
}

}  // namespace portico::gateway

#include "libs/storage/message_column.h"

#include <absl/strings/str_cat.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "libs/storage/message_json.h"
#include "libs/storage/plain_json.h"

namespace portico::storage {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int64_t kMicrosPerSecond = 1'000'000;

// By reflection, since the message may be of a type known at run time only.
int64_t TimeToMicros(const Message& timestamp) {
  const Descriptor* type = timestamp.GetDescriptor();
  const Reflection* reflection = timestamp.GetReflection();
  return reflection->GetInt64(timestamp, type->FindFieldByNumber(1)) * kMicrosPerSecond +
         reflection->GetInt32(timestamp, type->FindFieldByNumber(2)) / 1000;
}

void MicrosToTime(int64_t micros, Message& timestamp) {
  const Descriptor* type = timestamp.GetDescriptor();
  const Reflection* reflection = timestamp.GetReflection();
  int64_t seconds = micros / kMicrosPerSecond;
  int64_t rest = micros % kMicrosPerSecond;
  if (rest < 0) {  // A timestamp's nanos count forward, also before 1970.
    --seconds;
    rest += kMicrosPerSecond;
  }
  reflection->SetInt64(&timestamp, type->FindFieldByNumber(1), seconds);
  reflection->SetInt32(&timestamp, type->FindFieldByNumber(2), static_cast<int32_t>(rest * 1000));
}

}  // namespace

MessageColumn::MessageColumn(const Descriptor* type, std::string path)
    : path_(std::move(path)), name_(path_) {
  std::ranges::replace(name_, '.', '_');
  std::string_view rest = path_;
  for (const Descriptor* holder = type; holder != nullptr; holder = field_->message_type()) {
    if (field_ != nullptr) parents_.push_back(field_);
    const std::string part(rest.substr(0, rest.find('.')));
    field_ = holder->FindFieldByName(part);
    if (field_ == nullptr || rest.size() == part.size()) break;
    rest.remove_prefix(part.size() + 1);
    if (field_->is_repeated() || field_->message_type() == nullptr) {
      field_ = nullptr;
      break;
    }
  }
  if (field_ == nullptr || field_->type() == FieldDescriptor::TYPE_BYTES) {
    spdlog::critical("{} has no field {} that a column can hold", type->full_name(), path_);
    std::abort();
  }
  form_ = FormOf();
}

MessageColumn::Form MessageColumn::FormOf() const {
  const Form json = IsPlain(field_) ? Form::kPlainJson : Form::kJson;
  if (field_->is_repeated()) return json;
  switch (field_->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return field_->message_type()->full_name() == "google.protobuf.Timestamp" ? Form::kTime
                                                                                : json;
    case FieldDescriptor::CPPTYPE_STRING: return Form::kText;
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: return Form::kReal;
    default: return Form::kInteger;
  }
}

bool MessageColumn::IsSet(const Message& parent) const {
  const Reflection* reflection = parent.GetReflection();
  return field_->is_repeated() ? reflection->FieldSize(parent, field_) > 0
                               : reflection->HasField(parent, field_);
}

absl::Status MessageColumn::NoJson() const {
  return absl::InternalError(
      absl::StrCat("column ", name_, ": got text that is no JSON of ", field_->full_name()));
}

ValueKind MessageColumn::kind() const {
  switch (form_) {
    case Form::kText:
    case Form::kPlainJson:
    case Form::kJson: return ValueKind::kText;
    case Form::kInteger:
    case Form::kTime: return ValueKind::kInteger;
    case Form::kReal: return ValueKind::kReal;
  }
  return ValueKind::kText;
}

Value MessageColumn::Store(const Message& message, std::string& text) const {
  const Message* parent = &message;
  for (const FieldDescriptor* field : parents_) {
    parent = &parent->GetReflection()->GetMessage(*parent, field);
  }
  const Reflection* reflection = parent->GetReflection();
  Value value{.kind = kind()};
  if (value.kind == ValueKind::kText && form_ != Form::kText) {
    text = !IsSet(*parent)               ? ""
           : form_ == Form::kPlainJson ? PlainToJson(*parent, field_)
                                       : FieldToJson(*parent, field_);
    value.text = text;
    return value;
  }
  if (field_->has_presence() && !reflection->HasField(*parent, field_)) {
    value.null = true;
    return value;
  }
  switch (form_) {
    case Form::kText: return ToValue(reflection->GetStringReference(*parent, field_, &text));
    case Form::kTime: return ToValue(TimeToMicros(reflection->GetMessage(*parent, field_)));
    case Form::kReal:
      return field_->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT
                 ? ToValue(reflection->GetFloat(*parent, field_))
                 : ToValue(reflection->GetDouble(*parent, field_));
    default: return StoreInteger(*parent);
  }
}

Value MessageColumn::StoreInteger(const Message& parent) const {
  const Reflection* reflection = parent.GetReflection();
  switch (field_->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return ToValue(reflection->GetInt32(parent, field_));
    case FieldDescriptor::CPPTYPE_INT64: return ToValue(reflection->GetInt64(parent, field_));
    case FieldDescriptor::CPPTYPE_UINT32: return ToValue(reflection->GetUInt32(parent, field_));
    case FieldDescriptor::CPPTYPE_UINT64: return ToValue(reflection->GetUInt64(parent, field_));
    case FieldDescriptor::CPPTYPE_BOOL: return ToValue(reflection->GetBool(parent, field_));
    default: return ToValue(reflection->GetEnumValue(parent, field_));
  }
}

absl::Status MessageColumn::Load(const Cell& cell, Message& message) const {
  if (cell.null) return absl::OkStatus();
  // A default without presence is what an unset field reads as: leaving it saves
  // time and keeps the messages round it unset.
  const bool is_message = field_->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (!field_->has_presence() || (is_message && form_ != Form::kTime)) {
    if (cell.text.empty() && cell.integer == 0 && cell.real == 0) return absl::OkStatus();
  }
  Message* parent = &message;
  for (const FieldDescriptor* field : parents_) {
    parent = parent->GetReflection()->MutableMessage(parent, field);
  }
  const Reflection* reflection = parent->GetReflection();
  switch (form_) {
    case Form::kText: reflection->SetString(parent, field_, cell.text); break;
    case Form::kInteger: LoadInteger(cell.integer, *parent); break;
    case Form::kTime: MicrosToTime(cell.integer, *reflection->MutableMessage(parent, field_)); break;
    case Form::kReal:
      if (field_->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) {
        reflection->SetFloat(parent, field_, static_cast<float>(cell.real));
      } else {
        reflection->SetDouble(parent, field_, cell.real);
      }
      break;
    case Form::kPlainJson:
      if (!PlainFromJson(cell.text, field_, *parent)) return NoJson();
      break;
    case Form::kJson:
      if (!FieldFromJson(cell.text, field_, *parent)) return NoJson();
      break;
  }
  return absl::OkStatus();
}

void MessageColumn::LoadInteger(int64_t value, Message& parent) const {
  const Reflection* reflection = parent.GetReflection();
  switch (field_->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->SetInt32(&parent, field_, static_cast<int32_t>(value));
    case FieldDescriptor::CPPTYPE_INT64: return reflection->SetInt64(&parent, field_, value);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->SetUInt32(&parent, field_, static_cast<uint32_t>(value));
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection->SetUInt64(&parent, field_, static_cast<uint64_t>(value));
    case FieldDescriptor::CPPTYPE_BOOL: return reflection->SetBool(&parent, field_, value != 0);
    default: return reflection->SetEnumValue(&parent, field_, static_cast<int>(value));
  }
}

}  // namespace portico::storage

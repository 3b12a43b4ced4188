#include "libs/rpc/validation.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/time/civil_time.h>
#include <google/protobuf/field_mask.pb.h>

#include <limits>

#include "libs/rpc/errors.h"
#include "portico/options/v1/options.pb.h"

namespace portico::rpc {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::Reflection;
using portico::options::v1::Rules;

namespace {

constexpr int kDefaultLength = 200;
constexpr int kDefaultItems = 100;

// Decodes the character at `at` and moves past it; the parser has checked that it is UTF-8.
char32_t NextCharacter(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t character = length == 1 ? lead : lead & (0x7F >> length);
  for (size_t i = 1; i < length && at + i < text.size(); ++i) {
    character = (character << 6) | (byte(at + i) & 0x3F);
  }
  at += length;
  return character;
}

bool IsControl(char32_t c, bool multiline) {
  if (multiline && (c == '\n' || c == '\r' || c == '\t')) return false;
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (!multiline && (c == 0x2028 || c == 0x2029));
}

bool IsDate(std::string_view text) {
  absl::CivilDay day;
  return text.size() == 10 && text[4] == '-' && text[7] == '-' &&
         absl::ParseCivilTime({text.data(), text.size()}, &day);
}

}  // namespace

struct Validator::Field {
  const FieldDescriptor* descriptor;
  Rules rules;
  const Fields* message = nullptr;  // Of a message field whose own fields have rules.
};

// Where a value stands in the request. Its text, "contact.phones[0].number", is made
// only for what is wrong.
struct Place {
  const Place* above = nullptr;
  const FieldDescriptor* field = nullptr;  // Null for the request itself.
  int index = -1;                          // Of an item.

  bool IsRequest() const { return field == nullptr; }
  bool IsResource() const { return !IsRequest() && above->IsRequest(); }
  bool IsInList() const { return index >= 0 || (above != nullptr && above->IsInList()); }
  std::string Text() const {
    if (IsRequest()) return "";
    const std::string outer = above->Text();
    return absl::StrCat(outer, outer.empty() ? "" : ".", field->name(),
                        index < 0 ? "" : absl::StrCat("[", index, "]"));
  }
};

// One walk over one request.
class Validator::Visit {
 public:
  Visit(Completeness completeness, bool update, const FieldMask& mask)
      : partial_(completeness == Completeness::kPartial), update_(update), mask_(mask) {}

  void Walk(Message& message, const Fields& fields, const Place& at) {
    const Reflection& reflection = *message.GetReflection();
    for (const Field& field : fields) {
      if (field.rules.output_only()) {
        if (!IdOfUpdate(field, at)) {
          reflection.ClearField(&message, field.descriptor);
        } else if (reflection.GetString(message, field.descriptor).empty()) {
          Missing(Place{&at, field.descriptor});
        }
        continue;
      }
      if (field.descriptor->is_repeated()) {
        WalkItems(message, reflection, field, at);
      } else {
        WalkOne(message, reflection, field, Place{&at, field.descriptor});
      }
    }
  }

  absl::Status result() const { return errors_.ToStatus(); }

 private:
  // Says which resource to change.
  bool IdOfUpdate(const Field& field, const Place& holder) const {
    return update_ && holder.IsResource() && field.descriptor->name() == "id";
  }

  // Whether a missing field counts. In an update, one of the resource itself does
  // when the mask names it; one further inside when what holds it is replaced.
  bool MustBePresent(const Field& field, const Place& at) const {
    if (!field.rules.required() || partial_) return false;
    if (!update_ || at.above->IsRequest() || at.IsInList()) return true;
    if (mask_.paths().empty()) return !at.above->IsResource();
    const std::string path = at.Text();
    const std::string name = path.substr(path.find('.') + 1);
    for (const std::string& masked : mask_.paths()) {
      if (name == masked || absl::StartsWith(name, masked + ".")) return true;
    }
    return false;
  }

  void Missing(const Place& at) { errors_.Add(at.Text(), "got nothing, want a value"); }

  void WalkItems(Message& message, const Reflection& reflection, const Field& field,
                 const Place& holder) {
    const Place list{&holder, field.descriptor};
    const int size = reflection.FieldSize(message, field.descriptor);
    if (size == 0) {
      if (MustBePresent(field, list)) Missing(list);
      return;
    }
    const int most = field.rules.max_items() > 0 ? field.rules.max_items() : kDefaultItems;
    if (size > most) {
      errors_.Add(list.Text(), absl::StrCat("got ", size, " items, want at most ", most));
      return;
    }
    for (int i = 0; i < size; ++i) {
      const Place item{&holder, field.descriptor, i};
      std::string scratch;
      switch (field.descriptor->cpp_type()) {
        case FieldDescriptor::CPPTYPE_STRING:
          CheckText(reflection.GetRepeatedStringReference(message, field.descriptor, i, &scratch),
                    field, item);
          break;
        case FieldDescriptor::CPPTYPE_ENUM:
          CheckEnum(reflection.GetRepeatedEnumValue(message, field.descriptor, i), field, item);
          break;
        case FieldDescriptor::CPPTYPE_MESSAGE:
          if (field.message != nullptr) {
            Walk(*reflection.MutableRepeatedMessage(&message, field.descriptor, i), *field.message,
                 item);
          }
          break;
        default:
          break;
      }
    }
  }

  void WalkOne(Message& message, const Reflection& reflection, const Field& field,
               const Place& at) {
    const FieldDescriptor* descriptor = field.descriptor;
    const bool number = descriptor->cpp_type() == FieldDescriptor::CPPTYPE_INT32 ||
                        descriptor->cpp_type() == FieldDescriptor::CPPTYPE_INT64;
    if (number && descriptor->has_presence() && !reflection.HasField(message, descriptor)) return;
    switch (descriptor->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string scratch;
        const std::string& text = reflection.GetStringReference(message, descriptor, &scratch);
        if (!text.empty()) {
          CheckText(text, field, at);
        } else if (MustBePresent(field, at)) {
          Missing(at);
        }
        return;
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (!reflection.HasField(message, descriptor)) {
          if (MustBePresent(field, at)) Missing(at);
        } else if (field.message != nullptr) {
          Walk(*reflection.MutableMessage(&message, descriptor), *field.message, at);
        }
        return;
      case FieldDescriptor::CPPTYPE_ENUM: {
        const int value = reflection.GetEnumValue(message, descriptor);
        if (value != 0) {
          CheckEnum(value, field, at);
        } else if (MustBePresent(field, at)) {
          Missing(at);
        }
        return;
      }
      case FieldDescriptor::CPPTYPE_INT32:
        return CheckNumber(reflection.GetInt32(message, descriptor), field, at);
      case FieldDescriptor::CPPTYPE_INT64:
        return CheckNumber(reflection.GetInt64(message, descriptor), field, at);
      default:
        return;
    }
  }

  static std::string Got(const std::string& text, const Rules& rules) {
    return rules.secret() ? "got a value" : absl::StrCat("got ", Quoted(text));
  }

  void CheckText(const std::string& text, const Field& field, const Place& at) {
    const Rules& rules = field.rules;
    const int most = rules.max_length() > 0 ? rules.max_length() : kDefaultLength;
    int length = 0;
    bool control = false;
    for (size_t next = 0; next < text.size(); ++length) {
      control |= IsControl(NextCharacter(text, next), rules.multiline());
    }
    if (control) {
      errors_.Add(at.Text(), absl::StrCat(Got(text, rules), ", want no ",
                                          rules.multiline() ? "control characters"
                                                            : "line breaks or control characters"));
    } else if (length > most) {
      errors_.Add(at.Text(), absl::StrCat("got ", length, " characters, want at most ", most));
    } else if (!rules.id_prefix().empty() &&
               (text.compare(0, rules.id_prefix().size(), rules.id_prefix()) != 0)) {
      errors_.Add(at.Text(), absl::StrCat(Got(text, rules), ", want an id that starts with ",
                                          rules.id_prefix()));
    } else if (rules.date() && !IsDate(text)) {
      errors_.Add(at.Text(), absl::StrCat(Got(text, rules), ", want a date, YYYY-MM-DD"));
    }
  }

  void CheckEnum(int value, const Field& field, const Place& at) {
    if (field.descriptor->enum_type()->FindValueByNumber(value) == nullptr) {
      errors_.Add(at.Text(), absl::StrCat("got ", value, ", want a value of ",
                                          field.descriptor->enum_type()->name()));
    }
  }

  void CheckNumber(int64_t value, const Field& field, const Place& at) {
    const int64_t min =
        field.rules.has_min() ? field.rules.min() : std::numeric_limits<int64_t>::min();
    const int64_t max =
        field.rules.has_max() ? field.rules.max() : std::numeric_limits<int64_t>::max();
    if (value < min) {
      errors_.Add(at.Text(), absl::StrCat("got ", value, ", want at least ", min));
    } else if (value > max) {
      errors_.Add(at.Text(), absl::StrCat("got ", value, ", want at most ", max));
    }
  }

  const bool partial_;
  const bool update_;
  const FieldMask& mask_;
  FieldErrors errors_;
};

Validator::Validator(const Descriptor& request, Completeness completeness)
    : request_(request),
      update_mask_(request.FindFieldByName("update_mask")),
      completeness_(completeness) {
  FieldsOf(request);
}

Validator::~Validator() = default;

const Validator::Fields& Validator::FieldsOf(const Descriptor& message) {
  auto& entry = messages_[&message];
  if (entry != nullptr) return *entry;
  entry = std::make_unique<Fields>();
  Fields& fields = *entry;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* descriptor = message.field(i);
    Field field{descriptor, descriptor->options().GetExtension(portico::options::v1::rules)};
    const bool ours = descriptor->message_type() != nullptr && !descriptor->is_map() &&
                      descriptor->message_type()->file()->package().rfind("google.", 0) != 0;
    if (ours && !field.rules.checked_apart()) field.message = &FieldsOf(*descriptor->message_type());
    fields.push_back(std::move(field));
  }
  return fields;
}

absl::Status Validator::Check(Message& request) const {
  const FieldMask empty;
  const FieldMask* mask = &empty;
  if (update_mask_ != nullptr) {
    mask =
        static_cast<const FieldMask*>(&request.GetReflection()->GetMessage(request, update_mask_));
  }
  Visit visit(completeness_, update_mask_ != nullptr, *mask);
  visit.Walk(request, *messages_.at(&request_), Place{});
  return visit.result();
}

}  // namespace portico::rpc

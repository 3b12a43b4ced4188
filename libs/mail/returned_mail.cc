#include "libs/mail/returned_mail.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_split.h>
#include <gmime/gmime.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "libs/mail/delivery_result.h"

namespace portico::mail {
namespace {

constexpr size_t kMostAddresses = 20;

template <typename T>
using Object = std::unique_ptr<T, decltype(&g_object_unref)>;

template <typename T>
Object<T> Own(T* object) {
  return Object<T>(object, g_object_unref);
}

// By their names in lower case; of several of a name the first.
using Fields = std::map<std::string, std::string>;

// The groups of fields that a report is made of, with empty lines between them.
std::vector<Fields> FieldGroups(std::string_view text) {
  std::vector<Fields> groups(1);
  std::string* last = nullptr;
  for (absl::string_view line : absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    line = absl::StripTrailingAsciiWhitespace(line);
    if (line.empty()) {
      if (!groups.back().empty()) groups.emplace_back();
      last = nullptr;
      continue;
    }
    if (line.front() == ' ' || line.front() == '\t') {
      if (last != nullptr) absl::StrAppend(last, " ", absl::StripAsciiWhitespace(line));
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == line.npos) continue;
    const auto [field, is_new] =
        groups.back().emplace(absl::AsciiStrToLower(line.substr(0, colon)),
                              absl::StripAsciiWhitespace(line.substr(colon + 1)));
    last = is_new ? &field->second : nullptr;
  }
  return groups;
}

std::string Field(const Fields& fields, const char* name) {
  const auto found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

void AddAddresses(const char* header, std::vector<std::string>& addresses) {
  if (header == nullptr) return;
  InternetAddressList* parsed = internet_address_list_parse(nullptr, header);
  if (parsed == nullptr) return;
  const auto list = Own(parsed);
  for (int i = 0; i < internet_address_list_length(list.get()); ++i) {
    InternetAddress* address = internet_address_list_get_address(list.get(), i);
    if (addresses.size() == kMostAddresses) return;
    if (!INTERNET_ADDRESS_IS_MAILBOX(address)) continue;
    const char* text = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
    if (text != nullptr) addresses.emplace_back(text);
  }
}

// What stands in the part, decoded.
std::string Content(GMimePart* part) {
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  if (content == nullptr) return "";
  const auto stream = Own(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(content, stream.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return std::string(reinterpret_cast<const char*>(bytes->data), bytes->len);
}

ReturnedMail::Kind KindOf(const std::string& action) {
  if (action == "failed") return ReturnedMail::Kind::kFailed;
  if (action == "delayed") return ReturnedMail::Kind::kDelayed;
  const bool arrived = action == "delivered" || action == "relayed" || action == "expanded";
  return arrived ? ReturnedMail::Kind::kDelivered : ReturnedMail::Kind::kNone;
}

// RFC 3464, section 2.3: after the fields of the message come those of each recipient. The mail
// has one; what it was passed on to is told of by the first.
void ReadStatus(const std::string& content, ReturnedMail& mail) {
  for (const Fields& fields : FieldGroups(content)) {
    const std::string action = absl::AsciiStrToLower(Field(fields, "action"));
    mail.kind = KindOf(action.substr(0, action.find_first_of(" \t(")));
    if (mail.kind == ReturnedMail::Kind::kNone) continue;
    mail.enhanced_status = EnhancedStatusIn(Field(fields, "status"));
    std::string diagnostic = Field(fields, "diagnostic-code");
    diagnostic.erase(0, diagnostic.find(';') + 1);  // "smtp; 550 5.1.1 no such user"
    absl::StripLeadingAsciiWhitespace(&diagnostic);
    mail.text = ReplyText(diagnostic);
    return;
  }
}

// RFC 5965, section 3, and the types that IANA lists: others tell of signatures, or that the mail
// was welcome.
void ReadFeedback(const std::string& content, ReturnedMail& mail) {
  constexpr std::array<std::string_view, 5> kComplaints = {"abuse", "fraud", "virus", "opt-out",
                                                           "other"};
  const Fields fields = FieldGroups(content).front();
  const std::string type = absl::AsciiStrToLower(Field(fields, "feedback-type"));
  if (std::ranges::find(kComplaints, type) == kComplaints.end()) return;
  mail.kind = ReturnedMail::Kind::kComplaint;
  mail.text = type;
  AddAddresses(Field(fields, "original-mail-from").c_str(), mail.addresses);
}

void ReadPart(GMimeObject* part, ReturnedMail& mail) {
  const auto is = [&](const char* subtype) {
    return g_mime_content_type_is_type(g_mime_object_get_content_type(part), "message", subtype);
  };
  if (!GMIME_IS_PART(part) || mail.kind != ReturnedMail::Kind::kNone) return;
  // "global-…": RFC 6533.
  if (is("delivery-status") || is("global-delivery-status")) {
    ReadStatus(Content(GMIME_PART(part)), mail);
  } else if (is("feedback-report")) {
    ReadFeedback(Content(GMIME_PART(part)), mail);
  }
}

void ReadHead(GMimeMessage* message, ReturnedMail& mail) {
  GMimeHeaderList* headers = g_mime_object_get_header_list(GMIME_OBJECT(message));
  constexpr std::array<const char*, 4> kRecipients = {"Delivered-To", "X-Original-To",
                                                      "Envelope-To", "To"};
  for (int i = 0; i < g_mime_header_list_get_count(headers); ++i) {
    GMimeHeader* header = g_mime_header_list_get_header_at(headers, i);
    const char* name = g_mime_header_get_name(header);
    const bool is_recipient = std::ranges::any_of(
        kRecipients, [&](const char* known) { return g_ascii_strcasecmp(name, known) == 0; });
    if (is_recipient) AddAddresses(g_mime_header_get_raw_value(header), mail.addresses);
  }
  if (GDateTime* date = g_mime_message_get_date(message)) {
    mail.date = absl::FromUnixSeconds(g_date_time_to_unix(date));
  }
}

}  // namespace

ReturnedMail ReadReturnedMail(std::string_view bytes) {
  static const bool initialized = (g_mime_init(), true);
  (void)initialized;
  bytes = bytes.substr(0, kReturnedMailBytes);
  ReturnedMail mail;
  const auto stream = Own(g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size()));
  const auto parser = Own(g_mime_parser_new_with_stream(stream.get()));
  GMimeMessage* parsed = g_mime_parser_construct_message(parser.get(), nullptr);
  if (parsed == nullptr) return mail;
  const auto message = Own(parsed);
  GMimeObject* body = g_mime_message_get_mime_part(message.get());
  if (body == nullptr || !GMIME_IS_MULTIPART(body) ||
      !g_mime_content_type_is_type(g_mime_object_get_content_type(body), "multipart", "report")) {
    return mail;
  }
  ReadHead(message.get(), mail);
  GMimeMultipart* parts = GMIME_MULTIPART(body);
  for (int i = 0; i < g_mime_multipart_get_count(parts); ++i) {
    ReadPart(g_mime_multipart_get_part(parts, i), mail);
  }
  return mail;
}

}  // namespace portico::mail

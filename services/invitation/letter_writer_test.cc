#include "services/invitation/letter_writer.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <catch2/catch.hpp>
#include <string>

#include "libs/mail/address.h"
#include "services/invitation/default_template.h"
#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

constexpr char kBounces[] = "bounces@mail.hauler.example";

OutgoingMail Mail() {
  OutgoingMail mail;
  mail.message.set_id("msg_000000000000000000000001");
  mail.message.set_kind(v1::MESSAGE_KIND_GENERAL);
  mail.message.set_recipient(kEmail);
  mail.message.set_sender("north@hauler.example");
  mail.message.set_subject("Hello");
  mail.message.set_message_id("msg_000000000000000000000001@hauler.example");
  mail.content = {.sender_name = "North",
                  .template_id = kDefaultTemplateId,
                  .template_version = 1,
                  .values = {{"ContactName", "Jürgen\r\nBcc: eve@example.com"}},
                  .portal_url = "https://portal.hauler.example",
                  .sealed_token = ""};
  return mail;
}

Letter Written(TestWorld& world, const OutgoingMail& mail) {
  const absl::StatusOr<Letter> letter = world.writer.Write(mail);
  REQUIRE(letter.status() == absl::OkStatus());
  return *letter;
}

auth::Sealer NewSealer() { return auth::Sealer::FromText(auth::NewKeyLine()).value(); }

TEST_CASE("A value is text in the bodies and one line in the head", "[letter]") {
  TestWorld world;
  const std::string bytes = Written(world, Mail()).bytes;
  CHECK_THAT(bytes.substr(0, bytes.find("\r\n\r\n")), !Catch::Contains("\r\nBcc"));
  CHECK_THAT(bytes, Catch::Contains("Auto-Submitted: auto-generated\r\n") &&
                        !Catch::Contains("Precedence"));
  OutgoingMail mail = Mail();
  mail.content.values[std::string(kContactName)] = "a\nb";
  CHECK_THAT(Written(world, mail).bytes, Catch::Contains("To: \"a b\" <john@example.com>\r\n") &&
                                             Catch::Contains("Hello =\r\na\r\nb=\r\n,"));
}

TEST_CASE("Mails of bulk sends and reminders tell how to stop them, and others do not",
          "[letter]") {
  TestWorld world;
  OutgoingMail mail = Mail();
  CHECK_THAT(Written(world, mail).bytes, !Catch::Contains("List-Unsubscribe"));
  const bool bulk = GENERATE(true, false);
  if (bulk) mail.message.set_bulk_send_id("blk_1");
  if (!bulk) {
    mail.message.set_kind(v1::MESSAGE_KIND_REMINDER);
    mail.content.sealed_token = world.sealer.Seal(Secret("token"), mail.message.id());
  }
  const std::string url =
      world.signature.UnsubscribeUrl(mail.content.portal_url, mail.message.id());
  CHECK_THAT(Written(world, mail).bytes,
             Catch::Contains(absl::StrCat("List-Unsubscribe: <", url, ">\r\n")) ||
                 Catch::Contains(absl::StrCat("List-Unsubscribe:\r\n <", url, ">\r\n")));
  CHECK_THAT(Written(world, mail).bytes,
             Catch::Contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
}

TEST_CASE("More versions than are kept ready are all written right", "[letter]") {
  TestWorld world;
  constexpr int kVersions = 70;
  REQUIRE(world.database
              ->Write([&](storage::Session& session) -> absl::Status {
                for (int version = 2; version <= kVersions; ++version) {
                  const absl::Status inserted =
                      session
                          .Execute(
                              "insert into template_version (template_id, version, subject, "
                              "html_body, text_body) values (:id, :version, '', :html, '')",
                              kDefaultTemplateId, version,
                              absl::StrCat("<p>[ContactName] reads ", version, ".</p>"))
                          .status();
                  if (!inserted.ok()) return inserted;
                }
                return absl::OkStatus();
              })
              .ok());
  for (int round = 0; round < 2; ++round) {
    for (int version = 2; version <= kVersions; ++version) {
      OutgoingMail mail = Mail();
      mail.content.template_version = version;
      CHECK_THAT(Written(world, mail).bytes,
                 Catch::Contains(absl::StrCat(" reads ", version, ".")));
    }
  }
  OutgoingMail mail = Mail();
  mail.content.template_version = kVersions + 1;
  CHECK(absl::IsNotFound(world.writer.Write(mail).status()));
}

TEST_CASE("A return address tells its message, in any case, and no other", "[letter]") {
  const MessageSignature signature(NewSealer(), kBounces);
  const Message message = Mail().message;
  const std::string address = signature.EnvelopeSender(message);
  CHECK(mail::IsValidAddress(address));
  CHECK_THAT(address, Catch::StartsWith("bounces+000000000000000000000001=") &&
                          Catch::EndsWith("@mail.hauler.example"));
  CHECK(signature.MessageOf(address) == message.id());
  CHECK(signature.MessageOf(absl::AsciiStrToUpper(address)) == message.id());
  for (size_t at = 0; at < address.size(); ++at) {
    std::string other = address;
    other[at] = other[at] == 'x' ? 'y' : 'x';
    CHECK_FALSE(signature.MessageOf(other).has_value());
    CHECK_FALSE(signature.MessageOf(address.substr(0, at)).has_value());
  }
  CHECK_FALSE(MessageSignature(NewSealer(), kBounces).MessageOf(address).has_value());
  CHECK_FALSE(signature.MessageOf("").has_value());
  CHECK_FALSE(signature.MessageOf("bounces+@mail.hauler.example").has_value());
  CHECK_FALSE(signature.MessageOf("bounces+=@mail.hauler.example").has_value());
}

TEST_CASE("The longest bounce address still makes an address", "[letter]") {
  const MessageSignature signature(NewSealer(),
                                   std::string(kMaxBounceLocalPart, 'b') + "@h.example");
  CHECK(mail::IsValidAddress(signature.EnvelopeSender(Mail().message)));
}

TEST_CASE("Without a bounce address bounces go to the sender", "[letter]") {
  const MessageSignature signature(NewSealer(), "");
  CHECK(signature.EnvelopeSender(Mail().message) == "north@hauler.example");
  CHECK_FALSE(signature.MessageOf("north@hauler.example").has_value());
}

TEST_CASE("An unsubscribe link is of one message, and no return address", "[letter]") {
  const MessageSignature signature(NewSealer(), kBounces);
  const std::string url = signature.UnsubscribeUrl("https://p.example", "msg_1");
  CHECK_THAT(url, Catch::StartsWith("https://p.example/v1/unsubscribe?message=msg_1&signature="));
  const std::string mark = url.substr(url.rfind('=') + 1);
  CHECK(signature.IsUnsubscribe("msg_1", mark));
  CHECK_FALSE(signature.IsUnsubscribe("msg_2", mark));
  CHECK_FALSE(signature.IsUnsubscribe("msg_1", ""));
  CHECK_FALSE(signature.MessageOf(absl::StrCat("bounces+1=", mark, "@mail.hauler.example")));
}

}  // namespace
}  // namespace portico::invitation

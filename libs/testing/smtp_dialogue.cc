#include "libs/testing/smtp_dialogue.h"

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/str_replace.h>

#include <optional>
#include <utility>

namespace portico::testing {
namespace {

std::string BetweenBrackets(const std::string& line) {
  const size_t open = line.find('<'), close = line.find('>');
  if (open == std::string::npos || close == std::string::npos) return "";
  return line.substr(open + 1, close - open - 1);
}

bool Accepts(const std::string& reply) { return reply.starts_with('2'); }

}  // namespace

SmtpDialogue::SmtpDialogue(int socket, SSL_CTX* tls, SmtpScript& script, Keep keep)
    : wire_(socket), tls_(tls), script_(script), keep_(std::move(keep)) {}

void SmtpDialogue::Run() {
  Answer(script_.Reply(SmtpStage::kConnect, "220 sink ESMTP"));
  while (!over_) {
    const std::optional<std::string> line = wire_.ReadLine();
    if (!line) return;
    Obey(*line);
  }
}

void SmtpDialogue::Answer(const std::string& reply) {
  if (reply != SmtpScript::kDrop) wire_.WriteLine(reply);
  over_ = reply == SmtpScript::kDrop || reply.starts_with("421");
}

void SmtpDialogue::Obey(const std::string& line) {
  const auto is = [&](const char* verb) { return absl::StartsWithIgnoreCase(line, verb); };
  if (is("EHLO")) return Hello();
  if (is("STARTTLS") && tls_ != nullptr) return StartTls();
  if (is("AUTH PLAIN")) return Login(line.substr(sizeof("AUTH PLAIN") - 1));
  if (is("MAIL FROM:")) return Sender(line);
  if (is("RCPT TO:")) return Recipient(line);
  if (is("DATA") && !envelope_.empty()) return Data();
  if (is("RSET")) envelope_.clear();
  if (is("RSET") || is("NOOP")) return Answer("250 2.0.0 ok");
  if (!is("QUIT")) return Answer("503 5.5.1 not now");
  Answer("221 2.0.0 bye");
  over_ = true;
}

void SmtpDialogue::Hello() {
  std::string offers = "250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n";
  if (tls_ != nullptr && !wire_.encrypted()) offers += "250-STARTTLS\r\n";
  Answer(script_.Reply(SmtpStage::kHello, offers + "250-AUTH PLAIN\r\n250 SIZE 10485760"));
}

void SmtpDialogue::StartTls() {
  Answer("220 2.0.0 go ahead");
  over_ = !wire_.Encrypt(tls_);
  mail_.encrypted = !over_;
}

void SmtpDialogue::Login(std::string response) {
  if (response.empty()) {
    Answer("334 ");
    response = wire_.ReadLine().value_or("");
  }
  std::string credentials;  // NUL user NUL password (RFC 4616).
  absl::Base64Unescape(response, &credentials);
  const std::string reply = script_.Reply(SmtpStage::kLogin, "235 2.7.0 welcome");
  if (Accepts(reply) && !credentials.empty()) {
    const absl::string_view nul("\0", 1);
    mail_.login = absl::StrReplaceAll(credentials.substr(1), {{nul, ":"}});
  }
  Answer(reply);
}

void SmtpDialogue::Sender(const std::string& line) {
  envelope_.clear();
  mail_.sender = BetweenBrackets(line);
  const size_t parameters = line.find("> ");
  mail_.sender_parameters = parameters == std::string::npos ? "" : line.substr(parameters + 2);
  Answer(script_.Reply(SmtpStage::kSender, "250 2.1.0 sender ok"));
}

void SmtpDialogue::Recipient(const std::string& line) {
  mail_.recipient = BetweenBrackets(line);
  const std::string reply = script_.RecipientReply(mail_.recipient, "250 2.1.5 recipient ok");
  if (Accepts(reply)) envelope_.push_back(mail_);
  Answer(reply);
}

void SmtpDialogue::Data() {
  const std::string go_ahead = script_.Reply(SmtpStage::kData, "354 go ahead");
  Answer(go_ahead);
  if (!go_ahead.starts_with('3')) return;
  std::string data;
  while (true) {
    const std::optional<std::string> line = wire_.ReadLine();
    if (!line) {
      over_ = true;
      return;
    }
    if (*line == ".") break;
    data += (line->starts_with('.') ? line->substr(1) : *line) + "\r\n";
  }
  const std::string reply = script_.Reply(SmtpStage::kContent, "250 2.0.0 queued");
  for (ReceivedMail& mail : envelope_) mail.data = data;
  if (Accepts(reply) || reply == SmtpScript::kDrop) keep_(envelope_);
  envelope_.clear();
  Answer(reply);
}

}  // namespace portico::testing

#pragma once

#include <string>
#include <string_view>

#include "libs/mail/transport.h"

namespace portico::mail {

// Follows what is said while one message goes to a mail server, since libcurl's result
// tells neither which command was refused nor the server's words. Keeps no credentials.
class SmtpConversation {
 public:
  void Sent(std::string_view command);   // A line that went out; the message's are none.
  void Received(std::string_view line);  // A line that came in.

  // Whether a connection kept from the message before turned out to be over, so that this
  // message may go out at once over a new one.
  bool WasOverBeforeMail() const;

  DeliveryResult Accepted() const;
  // The outcome that the server's last reply states; where it was no refusal, a passing
  // fault of the connection that `error` describes.
  DeliveryResult Failed(std::string_view error) const;

 private:
  Outcome RefusedAs() const;

  bool over_ = false;             // After QUIT, whose reply says nothing of the message.
  bool kept_connection_ = false;  // Without a greeting.
  bool sender_accepted_ = false;
  std::string verb_;  // The last command; empty before the first.
  int code_ = 0;      // The reply to it; 0 before there is one.
  std::string enhanced_status_;
  std::string last_line_;
};

}  // namespace portico::mail

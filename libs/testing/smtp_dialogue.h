#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libs/testing/smtp_script.h"
#include "libs/testing/smtp_sink.h"
#include "libs/testing/smtp_wire.h"

namespace portico::testing {

// A sink's talk with one client (RFC 5321, as far as a sink needs it).
class SmtpDialogue {
 public:
  using Keep = std::function<void(const std::vector<ReceivedMail>&)>;

  // `tls` is null where STARTTLS is not offered.
  SmtpDialogue(int socket, SSL_CTX* tls, SmtpScript& script, Keep keep);

  // Returns when either side has ended it.
  void Run();

 private:
  void Answer(const std::string& reply);
  void Obey(const std::string& line);
  void Hello();
  void StartTls();
  void Login(std::string response);
  void Sender(const std::string& line);
  void Recipient(const std::string& line);
  void Data();

  SmtpWire wire_;
  SSL_CTX* const tls_;
  SmtpScript& script_;
  const Keep keep_;
  ReceivedMail mail_;                   // What is known of the mail being told.
  std::vector<ReceivedMail> envelope_;  // It, once for each recipient.
  bool over_ = false;
};

}  // namespace portico::testing

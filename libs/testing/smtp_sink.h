#pragma once

#include <absl/time/time.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace portico::testing {

// Where in an SMTP conversation a reply is due. kContent is after the mail's last line.
enum class SmtpStage { kConnect, kHello, kLogin, kSender, kRecipient, kData, kContent };

struct ReceivedMail {
  std::string sender;
  std::string sender_parameters;  // Of MAIL FROM, such as "SIZE=312 SMTPUTF8".
  std::string recipient;          // A mail to several recipients is recorded once for each.
  std::string data;               // Headers and body, dots unstuffed, lines ended with CRLF.
  std::string login;              // "user:password", or empty.
  bool encrypted = false;
};

// A real SMTP server on 127.0.0.1 that keeps every mail, offers SMTPUTF8 and AUTH PLAIN
// (any login is right), and misbehaves as told. Thread-safe.
class SmtpSink {
 public:
  struct TlsFiles {
    std::string certificate;
    std::string key;
  };

  SmtpSink();                              // Started, on a port that was free.
  explicit SmtpSink(int port);             // Started, on this one.
  explicit SmtpSink(const TlsFiles& tls);  // Offers STARTTLS with these PEM files.
  ~SmtpSink();

  int port() const;
  std::string url() const;  // "smtp://127.0.0.1:port"

  // An outage: ends all conversations and refuses connections until Start(), on the same port.
  void Stop();
  void Start();

  // The reply at `stage` instead of the usual one, such as "451 4.3.0 try later". A reply
  // of 421 ends the conversation after it. Replies once come before replies always.
  void ReplyOnce(SmtpStage stage, std::string reply);
  void ReplyAlways(SmtpStage stage, std::string reply);
  void ReplyToRecipient(const std::string& recipient, std::string reply);
  // Closes the connection at `stage` without a reply. At kContent the mail is kept, as by
  // a server whose answer gets lost.
  void DropOnce(SmtpStage stage);
  void DropAlways(SmtpStage stage);
  void BehaveAgain();  // Forgets all of these.

  // Calls `hook` before each reply at `stage`, in the conversation's thread; a hook that
  // waits holds the client up there.
  void BeforeReply(SmtpStage stage, std::function<void()> hook);

  void Discard();  // Keeps no mail from now on.

  bool WaitForMails(size_t count, absl::Duration timeout) const;  // False on timeout.
  std::vector<ReceivedMail> mails() const;
  int connections() const;  // Accepted since the sink was made.

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

}  // namespace portico::testing

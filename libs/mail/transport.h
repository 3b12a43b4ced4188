#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "libs/base/secret.h"

namespace portico::mail {

// Bare addresses, which may differ from those in the message's headers.
struct Envelope {
  std::string sender;
  std::string recipient;
};

enum class Outcome {
  kAccepted,
  kRefusedForNow,     // 4xx, or a fault of the connection or the disk: try again later.
  kRefusedRecipient,  // The recipient's address is bad: never write to it again.
  kRefused,           // Any other 5xx (sender, policy, login): says nothing of the recipient.
};

struct DeliveryResult {
  Outcome outcome = Outcome::kRefusedForNow;
  int reply_code = 0;           // The server's last, such as 550; 0 when no reply decided.
  std::string enhanced_status;  // RFC 3463, such as "5.1.1"; empty when there was none.
  // The server's last line, or what went wrong; UTF-8 of at most 500 bytes. It may hold
  // the recipient's address.
  std::string reply;
};

// Hands messages to a mail server or a folder. Not thread-safe: one for each worker.
class Transport {
 public:
  virtual ~Transport() = default;

  // Hands on `message`, as Compose makes it, and blocks until its fate is known, at most
  // for twice TransportOptions::total_timeout. After kRefusedForNow the server may have
  // the message nevertheless (its answer got lost), so a message keeps its Message-ID.
  virtual DeliveryResult Deliver(const Envelope& envelope, std::string_view message) = 0;
};

struct TransportOptions {
  // smtp://[user:password@]host[:port][/name][?tls=required]
  //     `name` is what we call ourselves in EHLO (default: the host's name); user and
  //     password are percent-encoded. STARTTLS is used when offered, without a look at
  //     the certificate, since the clear would do as well (RFC 7435). With tls=required,
  //     and with a login unless the host is this machine, nothing goes out but over TLS
  //     with a certificate that is valid for the host.
  // smtps://…    the same, with TLS from the first byte (port 465).
  // maildir:PATH a folder on this machine, made when missing.
  Secret url;
  std::string ca_file = {};  // PEM certificates to trust instead of the system's.
  absl::Duration connect_timeout = absl::Seconds(10);  // TCP, TLS, EHLO and login.
  absl::Duration total_timeout = absl::Seconds(60);    // One message, connecting included.
};

// Makes the transports of a process, one for each worker. Never null; thread-safe.
using TransportFactory = std::function<std::unique_ptr<Transport>()>;

// INVALID_ARGUMENT: the URL has no form from above (the message does not repeat it).
// UNAVAILABLE: the maildir cannot be made. A mail server is only called by Deliver.
absl::StatusOr<TransportFactory> MakeTransportFactory(const TransportOptions& options);

}  // namespace portico::mail

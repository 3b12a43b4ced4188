#include "libs/mail/smtp_transport.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "libs/mail/address.h"
#include "libs/mail/delivery_result.h"
#include "libs/mail/smtp_conversation.h"

namespace portico::mail {
namespace {

size_t ReadMessage(char* target, size_t size, size_t count, void* unread) {
  auto& rest = *static_cast<std::string_view*>(unread);
  const size_t bytes = std::min(size * count, rest.size());
  std::memcpy(target, rest.data(), bytes);
  rest.remove_prefix(bytes);
  return bytes;
}

int FollowConversation(CURL*, curl_infotype type, char* data, size_t size, void* conversation) {
  auto& follower = *static_cast<SmtpConversation*>(conversation);
  if (type == CURLINFO_HEADER_OUT) follower.Sent({data, size});
  if (type == CURLINFO_HEADER_IN) follower.Received({data, size});
  return 0;
}

class SmtpTransport final : public Transport {
 public:
  SmtpTransport(const SmtpUrl& url, const TransportOptions& options);
  ~SmtpTransport() override;

  DeliveryResult Deliver(const Envelope& envelope, std::string_view message) override;

 private:
  template <typename Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(curl_.get(), option, value);
  }
  CURLcode Transfer(std::string_view message, absl::Duration timeout);
  absl::Duration Spent() const;

  const absl::Duration total_timeout_;
  SmtpConversation conversation_;  // Of the message that goes out.
  std::string_view unread_;        // Its bytes that libcurl has not fetched yet.
  std::array<char, CURL_ERROR_SIZE> error_;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;  // Refers to those above.
};

SmtpTransport::SmtpTransport(const SmtpUrl& url, const TransportOptions& options)
    : total_timeout_(options.total_timeout), curl_(curl_easy_init(), curl_easy_cleanup) {
  if (curl_ == nullptr) throw std::bad_alloc();
  Set(CURLOPT_URL, url.server.c_str());
  Set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  Set(CURLOPT_PROXY, "");  // Whatever the environment says.
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_UPLOAD, 1L);
  Set(CURLOPT_READFUNCTION, ReadMessage);
  Set(CURLOPT_READDATA, &unread_);
  Set(CURLOPT_VERBOSE, 1L);  // Without it the debug function is not called.
  Set(CURLOPT_DEBUGFUNCTION, FollowConversation);
  Set(CURLOPT_DEBUGDATA, &conversation_);
  Set(CURLOPT_ERRORBUFFER, error_.data());
  Set(CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(options.connect_timeout)));
  // Also how long a QUIT after a refusal waits; libcurl takes no less than a second.
  Set(CURLOPT_SERVER_RESPONSE_TIMEOUT,
      static_cast<long>(absl::ToInt64Seconds(std::max(total_timeout_, absl::Seconds(1)))));
  Set(CURLOPT_USE_SSL, url.require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY);
  Set(CURLOPT_SSL_VERIFYPEER, url.require_tls ? 1L : 0L);
  Set(CURLOPT_SSL_VERIFYHOST, url.require_tls ? 2L : 0L);
  if (!options.ca_file.empty()) {
    Set(CURLOPT_CAINFO, options.ca_file.c_str());
    Set(CURLOPT_CAPATH, nullptr);
  }
  if (!url.user.empty()) {
    Set(CURLOPT_USERNAME, url.user.c_str());
    Set(CURLOPT_PASSWORD, url.password.Reveal().c_str());
  }
}

SmtpTransport::~SmtpTransport() {
  // libcurl says QUIT and would wait two minutes for the reply of a server that hangs.
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(curl_.get(), CURLINFO_ACTIVESOCKET, &socket);
  if (socket != CURL_SOCKET_BAD) shutdown(socket, SHUT_RD);
}

DeliveryResult SmtpTransport::Deliver(const Envelope& envelope, std::string_view message) {
  if (const auto refusal = RefuseEnvelope(envelope)) return *refusal;
  const std::string sender = '<' + WithAsciiDomain(envelope.sender) + '>';
  const std::string recipient = '<' + WithAsciiDomain(envelope.recipient) + '>';
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(
      curl_slist_append(nullptr, recipient.c_str()), curl_slist_free_all);
  Set(CURLOPT_MAIL_FROM, sender.c_str());
  Set(CURLOPT_MAIL_RCPT, recipients.get());

  CURLcode code = Transfer(message, total_timeout_);
  // A server may end a kept connection at any time, or limit how many messages go over one.
  if (code != CURLE_OK && code != CURLE_OPERATION_TIMEDOUT && conversation_.WasOverBeforeMail() &&
      Spent() < total_timeout_) {
    code = Transfer(message, total_timeout_ - Spent());
  }
  if (code == CURLE_OK) return conversation_.Accepted();
  return conversation_.Failed(error_[0] != '\0' ? error_.data() : curl_easy_strerror(code));
}

CURLcode SmtpTransport::Transfer(std::string_view message, absl::Duration timeout) {
  conversation_ = SmtpConversation();
  unread_ = message;
  error_[0] = '\0';
  Set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(message.size()));
  Set(CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(timeout)));
  return curl_easy_perform(curl_.get());
}

absl::Duration SmtpTransport::Spent() const {
  curl_off_t micros = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_TOTAL_TIME_T, &micros);
  return absl::Microseconds(micros);
}

}  // namespace

std::unique_ptr<Transport> MakeSmtpTransport(const SmtpUrl& url, const TransportOptions& options) {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)initialized;
  return std::make_unique<SmtpTransport>(url, options);
}

}  // namespace portico::mail

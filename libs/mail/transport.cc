#include "libs/mail/transport.h"

#include "libs/base/status_macros.h"
#include "libs/mail/maildir_transport.h"
#include "libs/mail/smtp_transport.h"
#include "libs/mail/smtp_url.h"

namespace portico::mail {

absl::StatusOr<TransportFactory> MakeTransportFactory(const TransportOptions& options) {
  constexpr std::string_view kMaildir = "maildir:";
  if (const std::string& url = options.url.Reveal(); url.starts_with(kMaildir)) {
    const std::string path = url.substr(kMaildir.size());
    if (path.empty()) return absl::InvalidArgumentError("mail URL: want maildir:PATH");
    RETURN_IF_ERROR(MakeMaildir(path));
    return TransportFactory([path] { return MakeMaildirTransport(path); });
  }
  ASSIGN_OR_RETURN(const SmtpUrl url, ParseSmtpUrl(options.url));
  return TransportFactory([url, options] { return MakeSmtpTransport(url, options); });
}

}  // namespace portico::mail

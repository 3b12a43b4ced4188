#pragma once

#include <memory>

#include "libs/mail/smtp_url.h"
#include "libs/mail/transport.h"

namespace portico::mail {

// Delivers to the mail server of `url`, over one connection that is kept from message to
// message for as long as the server bears it.
std::unique_ptr<Transport> MakeSmtpTransport(const SmtpUrl& url, const TransportOptions& options);

}  // namespace portico::mail

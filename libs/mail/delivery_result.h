#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libs/mail/transport.h"

namespace portico::mail {

// The result for an envelope that no server is to see, if `envelope` is one: an address
// that is none, which might smuggle in a command or a header.
std::optional<DeliveryResult> RefuseEnvelope(const Envelope& envelope);

// `text` to be a DeliveryResult's reply: UTF-8 of at most 500 bytes without control
// characters, whatever a server sent.
std::string ReplyText(std::string_view text);

// The enhanced status (RFC 3463) such as "5.1.1" that `text` begins with; "" where it does with
// none.
std::string EnhancedStatusIn(std::string_view text);

}  // namespace portico::mail

#pragma once

#include <string>
#include <string_view>

namespace portico::mail {

// Text in quoted-printable (RFC 2045, section 6.7) that begins at the start of a line and may go
// on after its end. Whatever the line ends were, they become CRLF; what else is no visible ASCII is
// encoded. No line is over 76 characters, also when a "=" follows the last one, which may be a
// space. A dot or "From " at the start of a line is encoded, as relays handle those with little
// care.
std::string EncodeQuotedPrintable(std::string_view text);

// Puts `encoded`, which is from EncodeQuotedPrintable, at the end of such a text, so that both are
// read as one: unless a line has just ended, by a soft line break.
void AppendQuotedPrintable(std::string& body, std::string_view encoded);

// Ends a text: spaces at its end are encoded, as they might get lost.
void EndQuotedPrintable(std::string& body);

}  // namespace portico::mail

#pragma once

#include <string>
#include <string_view>

namespace portico::mail {

// Header lines, folded to 76 characters where spaces allow it and ended with CRLF. GMime's
// own header writer is not used: it makes encoded words longer than RFC 2047 allows, and
// splits a long List-Unsubscribe link into encoded words, which no receiver can follow.
// Arguments hold no control characters.

// A header of structured or machine-read content, kept byte for byte.
std::string HeaderLine(std::string_view name, std::string_view value);

// A header of free text: what is not plain ASCII becomes encoded words.
std::string TextHeaderLine(std::string_view name, std::string_view text);

// A header with one mailbox: the display name quoted or in encoded words, unless empty.
std::string MailboxHeaderLine(std::string_view name, std::string_view display_name,
                              std::string_view address);

}  // namespace portico::mail

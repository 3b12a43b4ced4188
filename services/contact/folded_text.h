#pragma once

#include <string>
#include <string_view>

namespace portico::contact {

// `text` as it is compared and sorted, on every kind of database alike: letters in lower case,
// their accents gone ("Éva" is "eva", "Straße" is "strasse"), forms of one character made one.
std::string Folded(std::string_view text);

// ASCII letters in lower case, and nothing else changed: e-mail addresses and ids of other systems.
std::string Lowered(std::string_view text);

}  // namespace portico::contact

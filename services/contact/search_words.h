#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portico/contact/v1/contact.pb.h"

namespace portico::contact {

// What a contact is found by, with a blank round each word: " john doe 5550100 #vip ". Plain words
// are what the quick search looks for; "#" begins a whole tag, and "+" all digits of a phone
// number. Empty for a contact whose person's data was erased.
//
// Words are folded and cut at whatever is no letter or digit. What people leave out or write
// otherwise is there both ways: "o'brien" is also "obrien", and "651-555-0100" is also
// "6515550100", "5550100" and "0100".
std::string SearchText(const v1::Contact& contact);

// The words of an account's number, likewise.
std::vector<std::string> NumberWords(std::string_view number);
std::string TextOfWords(const std::vector<std::string>& words);

// The words that a quick search asks for, each the beginning of one that is to be found.
std::vector<std::string> QueryWords(std::string_view query);

// The words that stand for a whole tag, and for a phone number by its digits.
std::string TagWord(std::string_view tag);
std::string PhoneWord(std::string_view digits);

// Its ASCII digits.
std::string DigitsOf(std::string_view text);

}  // namespace portico::contact

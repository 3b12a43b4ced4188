#include "tests/bench/imported_rows.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <string_view>

namespace portico::bench {
namespace {

constexpr uint64_t kContactsOfAccount = 10;

constexpr std::string_view kFirst[] = {
    "James",   "Mary",   "John",    "Patricia", "Robert", "Jennifer", "Michael", "Linda",
    "William", "Susan",  "David",   "Barbara",  "Joseph", "Jessica",  "Thomas",  "Karen",
    "José",    "Nancy",  "Daniel",  "Margaret", "Anders", "Sandra",   "Mark",    "Zoë",
    "Johanna", "Ashley", "Jocelyn", "Kimberly", "Aaron",  "Emily",    "Jörg",    "Donna"};
// Family names are one of each: 32 times 24 of them.
constexpr std::string_view kLastBegins[] = {
    "Ander",  "Bren",  "Carl",   "Dahl", "Eriks", "Fitz",   "Gold", "Hender",
    "Ingr",   "John",  "Kell",   "Lind", "Mac",   "Nor",    "Olm",  "Peter",
    "Quin",   "Robin", "Schnei", "Thom", "Under", "Vander", "Wag",  "Young",
    "Zimmer", "Har",   "Strom",  "Berg", "West",  "East",   "Hol",  "Lars"};
constexpr std::string_view kLastEnds[] = {"son",  "sen",  "gren", "berg",  "man",   "ner",
                                          "wood", "ford", "ton",  "ley",   "der",   "dal",
                                          "stad", "well", "by",   "quist", "strom", "haus",
                                          "feld", "ing",  "ers",  "land",  "mark",  "lund"};
constexpr std::string_view kTitles[] = {
    "Owner", "Site Manager", "Accounts Payable", "", "Facilities", "Office Manager", "", "Buyer"};
constexpr std::string_view kTags[] = {"vip",    "newsletter", "recycling", "roll-off",
                                      "tenant", "landlord",   "emergency", "holiday route"};
constexpr std::string_view kCities[] = {"St Paul", "Minneapolis", "Duluth", "Rochester", "Edina"};

// Scatters the numbers, so that neighbours have little in common.
uint64_t Scattered(uint64_t n) {
  n += 0x9e3779b97f4a7c15;
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
  n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
  return n ^ (n >> 31);
}

template <size_t size>
std::string OneOf(const std::string_view (&words)[size], uint64_t number) {
  return std::string(words[number % size]);
}

std::string AccountNumber(uint64_t n) { return absl::StrFormat("A-%07d", n); }

std::string PhoneNumber(uint64_t number) {
  return absl::StrFormat("+1 651 555 %04d", number % 10'000);
}

}  // namespace

void FillRow(uint64_t n, const AccountSetup& setup, account::v1::ImportAccountRow& row) {
  const uint64_t chance = Scattered(~n);
  account::v1::Account& account = *row.mutable_account();
  account.set_number(AccountNumber(n));
  account.set_external_id(absl::StrFormat("CUST%08d", n));
  account.set_display_name(absl::StrCat(OneOf(kLastBegins, chance >> 8),
                                        OneOf(kLastEnds, chance >> 16), " Holdings ", n));
  account.set_division_id(setup.division_id);
  if (!setup.account_class_ids.empty()) {
    account.set_account_class_id(setup.account_class_ids[chance % setup.account_class_ids.size()]);
  }
  if (!setup.bill_group_ids.empty()) {
    account.set_bill_group_id(setup.bill_group_ids[(chance >> 4) % setup.bill_group_ids.size()]);
  }
  account.set_automatic_payment((chance >> 40) % 3 == 0);
  account.set_active_service_count(static_cast<int64_t>((chance >> 44) % 4));
  account.mutable_balance_due()->set_currency_code("USD");
  account.mutable_balance_due()->set_amount_minor((chance >> 48) % 2 == 0 ? 0 : 4900);
  account.set_status(account::v1::ACCOUNT_STATUS_ACTIVE);
  account.set_invoice_delivery(account::v1::INVOICE_DELIVERY_EMAIL);
  account.set_phone(PhoneNumber(chance >> 24));
  account.set_terms("Net 20");
  account::v1::Address& address = *account.mutable_address();
  address.add_lines(absl::StrCat(chance % 9000, " Rice St"));
  address.set_city(OneOf(kCities, chance >> 32));
  address.set_region("MN");
  address.set_postal_code(absl::StrFormat("%05d", 55'000 + chance % 900));
}

void FillRow(uint64_t n, contact::v1::ImportContactRow& row) {
  const uint64_t chance = Scattered(n);
  const std::string first = OneOf(kFirst, chance);
  const std::string last =
      absl::StrCat(OneOf(kLastBegins, chance >> 8), OneOf(kLastEnds, chance >> 16));
  row.set_account_number(AccountNumber(n / kContactsOfAccount));
  contact::v1::Contact& contact = *row.mutable_contact();
  contact.set_external_id(absl::StrFormat("C%09d", n));
  contact.mutable_name()->set_first(first);
  contact.mutable_name()->set_last(last);
  contact.set_title(OneOf(kTitles, chance >> 24));
  contact.set_email(absl::StrCat(absl::AsciiStrToLower(last), ".", n, "@",
                                 absl::AsciiStrToLower(OneOf(kLastBegins, chance >> 40)),
                                 ".example"));
  contact::v1::Phone& phone = *contact.add_phones();
  phone.set_kind(contact::v1::PHONE_KIND_MOBILE);
  phone.set_number(PhoneNumber(chance >> 32));
  if (chance % 3 == 0) contact.add_tags(OneOf(kTags, chance >> 48));
  contact.set_receive_service_notifications(true);
  contact.set_service_notification_method(contact::v1::NOTIFICATION_METHOD_EMAIL);
  contact.set_billing_contact(n % kContactsOfAccount == 0   ? contact::v1::BILLING_CONTACT_PRIMARY
                              : n % kContactsOfAccount == 1 ? contact::v1::BILLING_CONTACT_SECONDARY
                                                            : contact::v1::BILLING_CONTACT_NONE);
}

}  // namespace portico::bench

#include "services/account/address_key.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "services/account/letter_folding.h"

namespace portico::account {
namespace {

v1::Address Of(const std::vector<std::string>& lines, const std::string& postal_code = "55103",
               const std::string& country = "") {
  v1::Address address;
  for (const std::string& line : lines) address.add_lines(line);
  address.set_postal_code(postal_code);
  address.set_country_code(country);
  return address;
}

}  // namespace

TEST_CASE("An address is the same however it is written", "[address]") {
  const std::vector<std::vector<v1::Address>> same = {
      {Of({"225 Rice Street"}), Of({"225 RICE ST."}), Of({"  225  rice st ,"}),
       Of({"225 Rice Str"}), Of({"225 Rice Street"}, "55103-1234"),
       Of({"225 Rice Street"}, "551031234", "US")},
      {Of({"225 N. Rice Ave."}), Of({"225 North Rice Avenue"}), Of({"225 n rice av"})},
      {Of({"12 Main Blvd NW"}), Of({"12 Main Boulevard North West"}), Of({"12 Main Blvd. N.W."}),
       Of({"12 Main Boulevard Northwest"})},
      {Of({"225 Rice St", "Suite 2"}), Of({"225 Rice St Ste 2"}), Of({"225 Rice St, Apt. 2"}),
       Of({"225 Rice St #2"}), Of({"225 Rice St Unit #2"}), Of({"225 Rice Street", "No. 2"}),
       Of({"Apartment 2", "225 Rice Street"}), Of({"225 Rice St", "2"}), Of({"225 Rice St, 2"}),
       Of({"225 Rice St Apt # 2"}), Of({"225 Rice St Unit No 2"})},
      {Of({"225 Rice St Apt 4B"}), Of({"225 Rice St Apt 4-b"}), Of({"225 Rice St", "4 B"})},
      {Of({"1 Saint Peter's Sq"}), Of({"1 St. Peters Square"}), Of({"1 St Peter’s Sq"})},
      {Of({"9 Rue de l'Église"}, "K1A 0B1", "CA"), Of({"9 rue de l’Eglise"}, "k1a0b1", "CA")},
      {Of({"9 Hauptstraße"}, "10115", "DE"), Of({"9 HAUPTSTRASSE"}, "10115", "DE")},
      {Of({"100 First Ave"}), Of({"100 1st Avenue"})},
      {Of({"P.O. Box 12"}), Of({"PO Box 12"}), Of({"P O BOX 12"})},
      {Of({"5 Jones & Sons Rd"}), Of({"5 Jones and Sons Road"})},
      {Of({"12½ Main St"}), Of({"12 1/2 Main Street"}), Of({"12 ½ main st"})},
      {Of({"12¾ Main St"}), Of({"12 3/4 Main St"})},
      {Of({"Via Roma, 12"}, "00184", "IT"), Of({"Via Roma 12"}, "00184", "IT")},
      {Of({"Calle Mayor, Nº 3"}, "28013", "ES"), Of({"Calle Mayor N° 3"}, "28013", "ES")},
      {Of({"225\u00A0Rice\u00A0St"}), Of({"225 Rice St"}), Of({"«225» Rice – St"})},
      {Of({"225 Rice St Apt B4"}), Of({"225 Rice St Apt B-4"}), Of({"225 Rice St #b 4"})},
      {Of({"225 Rice St, Apt 2, Building C"}), Of({"225 Rice St Bldg C", "Apt 2"})},
  };
  for (const auto& addresses : same) {
    for (const v1::Address& address : addresses) {
      CAPTURE(address.ShortDebugString());
      CHECK_FALSE(AddressKey(address).empty());
      CHECK(AddressKey(address) == AddressKey(addresses.front()));
    }
  }
}

TEST_CASE("A neighbour's address is another", "[address]") {
  const std::vector<v1::Address> others = {
      Of({"225 Rice St"}),         Of({"225 Rice St"}, "55104"),  Of({"226 Rice St"}),
      Of({"25 Rice St"}),          Of({"2250 Rice St"}),          Of({"225 Rice Ave"}),
      Of({"225 Rice St N"}),       Of({"225 N Rice St"}),         Of({"225 Price St"}),
      Of({"225 A Rice St"}),       Of({"225A Rice St"}),          Of({"225 Rice St Apt 4"}),
      Of({"225 Rice St Apt 14"}),  Of({"225 Rice St Apt 1 4"}),   Of({"225 Rice St Apt 4B"}),
      Of({"225 Rice St Apt B"}),   Of({"225 Rice St Apt"}),       Of({"225 Rice St Floor 4"}),
      Of({"225 Rice St Rear"}),    Of({"22 5 Rice St"}),          Of({"225 1/2 Rice St"}),
      Of({"225¼ Rice St"}),        Of({"225² Rice St"}),          Of({"225³ Rice St"}),
      Of({"225º Rice St"}),        Of({"225 Rice St Apt 1-B2"}),  Of({"225 Rice St Apt 1B-2"}),
      Of({"225 Rice St Apt 1B2"}), Of({"225 Rice St Apt 1-B-2"}), Of({"225 Rice St Apt B4"}),
      Of({"Rice Court, Apt 12"}),  Of({"Rice Ct, 12"}),           Of({"5th Ave, 12"}),
      Of({"5th Ave Apt 12"}),
  };
  for (size_t i = 0; i < others.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      CAPTURE(others[i].ShortDebugString(), others[j].ShortDebugString());
      CHECK(AddressKey(others[i]) != AddressKey(others[j]));
    }
  }
}

TEST_CASE("The country counts where both addresses name one", "[address]") {
  const v1::Address anywhere = Of({"9 Main St"}, "10115");
  const v1::Address german = Of({"9 Main St"}, "10115", "DE");
  const v1::Address american = Of({"9 Main St"}, "10115", "US");
  CHECK(IsSameAddress(german, german));
  CHECK(IsSameAddress(anywhere, german));
  CHECK(IsSameAddress(german, anywhere));
  CHECK_FALSE(IsSameAddress(german, american));
  CHECK_FALSE(IsSameAddress(v1::Address(), v1::Address()));
}

TEST_CASE("What is no address of a place has no key", "[address]") {
  CHECK(AddressKey(v1::Address()).empty());
  CHECK(AddressKey(Of({})).empty());
  CHECK(AddressKey(Of({"225 Rice St"}, "")).empty());
  CHECK(AddressKey(Of({"225 Rice St"}, " - ")).empty());
  CHECK(AddressKey(Of({" .,-", ""})).empty());
  CHECK(AddressKey(Of({"Apt 4"})).empty());
}

TEST_CASE("A key is short, whatever the address", "[address]") {
  const v1::Address address = Of(std::vector<std::string>(5, std::string(100, 'x')));
  v1::Address other = address;
  other.mutable_lines(4)->back() = 'y';
  CHECK(AddressKey(address).size() <= 200);
  CHECK_FALSE(AddressKey(address).empty());
  CHECK(AddressKey(address) != AddressKey(other));
}

TEST_CASE("Letters are folded as far as Latin goes", "[address]") {
  CHECK(FoldLetters("ÀÉÎÕÜ çñø ŁÓDŹ Œuvre Þórr ÆØÅ ĳ") == "aeiou cno lodz oeuvre thorr aeoa ij");
  CHECK(FoldLetters("e\u0301") == "e");  // A mark of its own.
  CHECK(FoldLetters("Київ 𝄞") == "Київ 𝄞");
  CHECK(FoldLetters("") == "");
}

}  // namespace portico::account

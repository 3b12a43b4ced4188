#include "libs/mail/address.h"

#include <catch2/catch.hpp>

namespace portico::mail {
namespace {

const std::string kLocal64(64, 'a');
const std::string kLabel63(63, 'd');

TEST_CASE("Addresses that mail hosts take are valid", "[address]") {
  const std::string text =
      GENERATE(as<std::string>(),  //
               "john@example.com", "John.Doe+tag@Sub.Example.COM", "a@b.co", "o'brien@example.com",
               "!#$%&'*+-/=?^_`{|}~@example.com", "x@1and1.com", "x@xn--bcher-kva.example",
               "jürgen@example.com", "用户@例え.jp", "post@bücher.example",
               kLocal64 + "@example.com", "x@" + kLabel63 + ".example");
  CAPTURE(text);
  CHECK(ParseAddress(text).status() == absl::OkStatus());
  CHECK(IsValidAddress(text));
}

TEST_CASE("What is not one bare address is refused", "[address]") {
  const std::string text = GENERATE_COPY(
      as<std::string>(), "", "@", "x", "x@", "@example.com", "x@localhost", "x@example", "x@.com",
      "x@example.", "x@exa..mple.com", "x@-example.com", "x@example-.com", "x@exa_mple.com",
      "x@[127.0.0.1]", "x@127.0.0.1", ".x@example.com", "x.@example.com", "x..y@example.com",
      "x y@example.com", " x@example.com", "x@example.com ", "x@exam ple.com", "x@y@example.com",
      "\"x y\"@example.com", "<x@example.com>", "John <x@example.com>", "x@example.com>",
      "x@example.com,y@example.com", "x@example.com;y", "x(y)@example.com", "x\\y@example.com",
      "x@example.com\r\nRCPT TO:<y@example.com>", "x\n@example.com", "x\t@example.com",
      "x\x7f@example.com", std::string("x\0y@example.com", 15), "x\xff@example.com",
      "x\u0085@example.com", "x\u00a0y@example.com", "x\u200by@example.com", "x\u202e@example.com",
      "x@exam\u2028ple.com", kLocal64 + "a@example.com", "x@" + kLabel63 + "d.example",
      "x@" + kLabel63 + "." + kLabel63 + "." + kLabel63 + "." + kLabel63 + ".example");
  CAPTURE(text);
  CHECK_FALSE(IsValidAddress(text));
  CHECK(ParseAddress(text).status().code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("An address is split at its @", "[address]") {
  const absl::StatusOr<Address> address = ParseAddress("John.Doe@Example.com");
  REQUIRE(address.ok());
  CHECK(address->local == "John.Doe");
  CHECK(address->domain == "Example.com");
}

TEST_CASE("The reason of a refusal does not repeat the address", "[address]") {
  const std::string message(ParseAddress("secret.person@nodot").status().message());
  CHECK(message == "want an address: no dot in the domain");
}

TEST_CASE("Normalizing trims, and lowers the domain only", "[address]") {
  CHECK(NormalizeAddress(" \tJohn@Example.COM\r\n") == "John@example.com");
  CHECK(NormalizeAddress("Jürgen@BÜCHER.Example") == "Jürgen@bÜcher.example");
  CHECK(NormalizeAddress(" No Address ") == "No Address");
  CHECK(NormalizeAddress("") == "");
}

TEST_CASE("A domain of another script becomes ASCII for mail servers", "[address]") {
  CHECK(WithAsciiDomain("Jürgen@bücher.example") == "Jürgen@xn--bcher-kva.example");
  CHECK(WithAsciiDomain("x@groß.example") == "x@xn--gro-7ka.example");
  CHECK(WithAsciiDomain("x@例え.jp") == "x@xn--r8jz45g.jp");
  CHECK(WithAsciiDomain("John@example.com") == "John@example.com");
}

TEST_CASE("Addresses that differ in case or outer spaces have one key", "[address]") {
  CHECK(AddressKey(" John@Example.COM ") == AddressKey("john@example.com"));
  CHECK(AddressKey("john@example.com") != AddressKey("johm@example.com"));
}

}  // namespace
}  // namespace portico::mail

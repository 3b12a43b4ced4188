#include "libs/auth/encoding.h"


#include <catch2/catch.hpp>

namespace portico::auth {

TEST_CASE("Base 64 goes there and back", "[auth]") {
  for (size_t size = 0; size < 70; ++size) {
    std::string bytes;
    for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 37 + 250);
    CHECK(DecodeBase64Url(EncodeBase64Url(bytes)) == bytes);
    CHECK(DecodeBase64(EncodeBase64(bytes)) == bytes);
  }
  CHECK(EncodeBase64("\xfb\xff\xfe\xff") == "+//+/w==");
  CHECK(EncodeBase64Url("\xfb\xff\xfe\xff") == "-__-_w");
}

TEST_CASE("Base 64 of any other form is refused", "[auth]") {
  for (const char* text : {"A", "AA=", "AA==", "A A", "AAA\n", "A+A/", "AB"}) {
    CAPTURE(text);
    CHECK_FALSE(DecodeBase64Url(text).has_value());
  }
  for (const char* text : {"AA", "AA=", "A-A_", "AB==", "AA==\n"}) {
    CAPTURE(text);
    CHECK_FALSE(DecodeBase64(text).has_value());
  }
}

}  // namespace portico::auth

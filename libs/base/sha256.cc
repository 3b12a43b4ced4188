#include "libs/base/sha256.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstdlib>

namespace portico {

std::string Sha256(std::string_view bytes) {
  // OpenSSL looks an algorithm up anew wherever it is only named.
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                 nullptr, kAlgorithm, nullptr) != 1) {
    std::abort();  // Only without memory, or an OpenSSL that is not whole.
  }
  return digest;
}

}  // namespace portico

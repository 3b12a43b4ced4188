#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace portico::testing {

// PEM text.
struct TestCertificate {
  std::string cert, key;
};

// An authority of the test's own, which signs certificates for localhost.
class TestAuthority {
 public:
  TestAuthority();

  std::string certificate() const;  // Its own, PEM.

  // A certificate with a new key, for localhost and 127.0.0.1.
  TestCertificate Issue() const;

 private:
  const std::shared_ptr<evp_pkey_st> key_;
  const std::shared_ptr<x509_st> certificate_;
};

}  // namespace portico::testing

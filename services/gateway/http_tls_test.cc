#include <absl/strings/str_cat.h>
#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "services/gateway/http_server.h"
#include "services/gateway/raw_client.h"

namespace portico::gateway {
namespace {

// A certificate for localhost, signed with its own key, in files that go with it.
struct Certificate {
  Certificate() {
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> private_key(EVP_EC_gen("P-256"),
                                                                     EVP_PKEY_free);
    const std::unique_ptr<X509, void (*)(X509*)> made(X509_new(), X509_free);
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), private_key.get());
    X509_NAME* name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    X509_EXTENSION* host =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(made.get(), host, -1);
    X509_EXTENSION_free(host);
    REQUIRE(X509_sign(made.get(), private_key.get(), EVP_sha256()) > 0);

    char pattern[] = "/tmp/portico-tls-XXXXXX";
    folder = mkdtemp(pattern);
    Write("cert.pem", [&](FILE* file) { return PEM_write_X509(file, made.get()); });
    Write("key.pem", [&](FILE* file) {
      return PEM_write_PrivateKey(file, private_key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  ~Certificate() { std::filesystem::remove_all(folder); }

  template <class WriteTo>
  void Write(const char* name, WriteTo write_to) const {
    FILE* file = fopen((folder / name).c_str(), "w");
    REQUIRE(file != nullptr);
    REQUIRE(write_to(file) == 1);
    fclose(file);
  }

  std::filesystem::path folder;
};

class Echo final : public HttpHandler {
 public:
  void Handle(HttpRequest request, std::shared_ptr<Exchange> exchange) override {
    exchange->Respond({200, {}, absl::StrCat(request.method, " ", request.body)});
  }
  HttpResponse Refuse(int status, std::string_view why) override {
    return {status, {}, std::string(why)};
  }
};

size_t Append(char* bytes, size_t size, size_t count, void* body) {
  static_cast<std::string*>(body)->append(bytes, size * count);
  return size * count;
}

struct CurlAnswer {
  CURLcode code;
  std::string body;
  long connections = 0;  // Opened for it.
};

}  // namespace

TEST_CASE("HTTPS is served to clients that trust the certificate", "[gateway]") {
  const Certificate certificate;
  Echo handler;
  HttpServer server({.listen = "127.0.0.1:0",
                     .tls_cert = certificate.folder / "cert.pem",
                     .tls_key = certificate.folder / "key.pem"},
                    handler);
  REQUIRE(server.Start().ok());

  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  const std::string url = absl::StrCat("https://localhost:", server.port(), "/");
  const auto post = [&](const std::string& body) {
    CurlAnswer answer;
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, Append);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
    answer.code = curl_easy_perform(curl.get());
    curl_easy_getinfo(curl.get(), CURLINFO_NUM_CONNECTS, &answer.connections);
    return answer;
  };

  CHECK(post("x").code == CURLE_PEER_FAILED_VERIFICATION);
  curl_easy_setopt(curl.get(), CURLOPT_CAINFO, (certificate.folder / "cert.pem").c_str());
  CHECK(post("hello").body == "POST hello");
  const std::string large(500000, 'x');
  const CurlAnswer second = post(large);
  CHECK(second.body == "POST " + large);
  CHECK(second.connections == 0);

  curl_easy_setopt(curl.get(), CURLOPT_SSLVERSION,
                   static_cast<long>(CURL_SSLVERSION_TLSv1) | CURL_SSLVERSION_MAX_TLSv1_1);
  curl_easy_setopt(curl.get(), CURLOPT_FRESH_CONNECT, 1L);
  CHECK(post("old").code == CURLE_SSL_CONNECT_ERROR);

  RawClient plain(server.port());
  plain.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(plain.ReadRest().find("HTTP/1.1") == std::string::npos);
}

}  // namespace portico::gateway

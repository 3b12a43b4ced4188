#include <absl/strings/str_cat.h>
#include <curl/curl.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "libs/testing/test_authority.h"
#include "services/gateway/http_server.h"
#include "services/gateway/raw_client.h"

namespace portico::gateway {
namespace {

// Files of a certificate for localhost, and of the authority that clients are to trust.
struct Files {
  Files() {
    char pattern[] = "/tmp/portico-tls-XXXXXX";
    folder = mkdtemp(pattern);
    Write(authority);
  }
  ~Files() { std::filesystem::remove_all(folder); }

  void Write(const testing::TestAuthority& by) const {
    const testing::TestCertificate certificate = by.Issue();
    std::ofstream(folder / "ca.pem") << by.certificate();
    std::ofstream(folder / "cert.pem") << certificate.cert;
    std::ofstream(folder / "key.pem") << certificate.key;
  }

  testing::TestAuthority authority;
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

class Client {
 public:
  explicit Client(int port) : url_(absl::StrCat("https://localhost:", port, "/")) {}

  template <class Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(curl_.get(), option, value);
  }

  CurlAnswer Post(const std::string& body) {
    CurlAnswer answer;
    Set(CURLOPT_URL, url_.c_str());
    Set(CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4);
    Set(CURLOPT_TIMEOUT, 20L);
    Set(CURLOPT_POSTFIELDS, body.c_str());
    Set(CURLOPT_WRITEFUNCTION, Append);
    Set(CURLOPT_WRITEDATA, &answer.body);
    answer.code = curl_easy_perform(curl_.get());
    curl_easy_getinfo(curl_.get(), CURLINFO_NUM_CONNECTS, &answer.connections);
    return answer;
  }

 private:
  const std::string url_;
  const std::unique_ptr<CURL, void (*)(CURL*)> curl_{curl_easy_init(), curl_easy_cleanup};
};

struct Served {
  Served() { REQUIRE(server.Start().ok()); }

  Files files;
  Echo handler;
  HttpServer server{{.listen = "127.0.0.1:0",
                     .tls_cert = files.folder / "cert.pem",
                     .tls_key = files.folder / "key.pem"},
                    handler};
};

}  // namespace

TEST_CASE("HTTPS is served to clients that trust the certificate", "[gateway]") {
  Served served;
  Client client(served.server.port());
  CHECK(client.Post("x").code == CURLE_PEER_FAILED_VERIFICATION);
  client.Set(CURLOPT_CAINFO, (served.files.folder / "ca.pem").c_str());
  CHECK(client.Post("hello").body == "POST hello");
  const std::string large(500000, 'x');
  const CurlAnswer second = client.Post(large);
  CHECK(second.body == "POST " + large);
  CHECK(second.connections == 0);

  client.Set(CURLOPT_SSLVERSION,
             static_cast<long>(CURL_SSLVERSION_TLSv1) | CURL_SSLVERSION_MAX_TLSv1_1);
  client.Set(CURLOPT_FRESH_CONNECT, 1L);
  CHECK(client.Post("old").code == CURLE_SSL_CONNECT_ERROR);

  RawClient plain(served.server.port());
  plain.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(plain.ReadRest().find("HTTP/1.1") == std::string::npos);
}

TEST_CASE("A renewed certificate is for new connections, and the old ones go on", "[gateway]") {
  Served served;
  Client old(served.server.port());
  old.Set(CURLOPT_CAINFO, (served.files.folder / "ca.pem").c_str());
  REQUIRE(old.Post("hello").code == CURLE_OK);

  served.files.Write(testing::TestAuthority());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  CURLcode code = CURLE_OK;
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    Client client(served.server.port());
    client.Set(CURLOPT_CAINFO, (served.files.folder / "ca.pem").c_str());
    code = client.Post("hello").code;
  } while (code != CURLE_OK && std::chrono::steady_clock::now() < end);
  CHECK(code == CURLE_OK);

  const CurlAnswer still = old.Post("still");
  CHECK(still.body == "POST still");
  CHECK(still.connections == 0);
}

}  // namespace portico::gateway

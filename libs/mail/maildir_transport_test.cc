#include "libs/mail/maildir_transport.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

namespace portico::mail {
namespace {

namespace fs = std::filesystem;

constexpr char kMessage[] = "Subject: Hello\r\n\r\n.dot\r\nFrom me\r\n";
const Envelope kEnvelope = {"bounce@hauler.example", "john@example.com"};

// A folder that goes with the test.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / "portico_maildir_XXXXXX") {
    std::string name = path_;
    path_ = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::unique_ptr<Transport> Make(const fs::path& path) {
  const auto factory = MakeTransportFactory({.url = Secret("maildir:" + path.string())});
  REQUIRE(factory.status() == absl::OkStatus());
  return (*factory)();
}

std::vector<fs::path> Files(const fs::path& folder) {
  return {fs::directory_iterator(folder), fs::directory_iterator()};
}

std::string Content(const fs::path& file) {
  std::ostringstream content;
  content << std::ifstream(file, std::ios::binary).rdbuf();
  return content.str();
}

mode_t Mode(const fs::path& path) {
  struct stat status = {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

TEST_CASE("A message lands in new, with its envelope and its owner's eyes only", "[maildir]") {
  const Folder folder;
  const fs::path maildir = folder.path() / "var" / "mail";
  const auto transport = Make(maildir);
  const DeliveryResult result = transport->Deliver(kEnvelope, kMessage);
  CHECK(result.outcome == Outcome::kAccepted);
  REQUIRE(Files(maildir / "new").size() == 1);
  CHECK(Files(maildir / "tmp").empty());
  CHECK(Files(maildir / "cur").empty());
  const fs::path file = Files(maildir / "new").front();
  CHECK(Content(file) ==
        "Return-Path: <bounce@hauler.example>\nDelivered-To: john@example.com\n"
        "Subject: Hello\n\n.dot\nFrom me\n");
  CHECK(Mode(file) == 0600);
  for (const char* part : {"", "cur", "new", "tmp"}) CHECK(Mode(maildir / part) == 0700);
}

TEST_CASE("Workers deliver to one maildir without a clash", "[maildir]") {
  const Folder folder;
  const auto factory = MakeTransportFactory({.url = Secret("maildir:" + folder.path().string())});
  REQUIRE(factory.ok());
  constexpr int kWorkers = 4, kMessages = 50;
  std::vector<std::thread> workers;
  for (int worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&factory] {
      const auto transport = (*factory)();
      for (int i = 0; i < kMessages; ++i) transport->Deliver(kEnvelope, kMessage);
    });
  }
  for (std::thread& worker : workers) worker.join();
  CHECK(Files(folder.path() / "new").size() == kWorkers * kMessages);
}

TEST_CASE("A fault of the folder refuses for now, and passes with the fault", "[maildir]") {
  const Folder folder;
  const auto transport = Make(folder.path());
  fs::remove(folder.path() / "new");
  std::ofstream(folder.path() / "new") << "in the way";
  const DeliveryResult result = transport->Deliver(kEnvelope, kMessage);
  CHECK(result.outcome == Outcome::kRefusedForNow);
  CHECK(result.reply.find("Not a directory") != std::string::npos);
  CHECK(Files(folder.path() / "tmp").empty());
  fs::remove(folder.path() / "new");
  CHECK(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kAccepted);
  CHECK(Files(folder.path() / "new").size() == 1);
}

TEST_CASE("A message that does not fit on the disk leaves nothing behind", "[maildir]") {
  const Folder folder;
  const auto transport = Make(folder.path());
  rlimit before;
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight = {100, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &tight) == 0);
  const DeliveryResult result = transport->Deliver(kEnvelope, std::string(1000, 'x'));
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(result.outcome == Outcome::kRefusedForNow);
  CHECK(result.reply.find("File too large") != std::string::npos);
  CHECK(Files(folder.path() / "tmp").empty());
  CHECK(Files(folder.path() / "new").empty());
}

TEST_CASE("An envelope cannot smuggle in a header", "[maildir]") {
  const Folder folder;
  const auto transport = Make(folder.path());
  CHECK(transport->Deliver({"x@y.example\nBcc: z", "a@b.example"}, kMessage).outcome ==
        Outcome::kRefused);
  CHECK(transport->Deliver({"x@y.example", "a@b.example>\nX: y"}, kMessage).outcome ==
        Outcome::kRefusedRecipient);
  CHECK(Files(folder.path() / "new").empty());
}

TEST_CASE("A maildir that cannot be made stops the start", "[maildir]") {
  const Folder folder;
  std::ofstream(folder.path() / "file") << "in the way";
  const std::string path = folder.path() / "file" / "mail";
  const auto factory = MakeTransportFactory({.url = Secret("maildir:" + path)});
  CHECK(factory.status().code() == absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace portico::mail

#include "libs/testing/smtp_sink.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "libs/testing/smtp_dialogue.h"
#include "libs/testing/smtp_script.h"
#include "libs/testing/smtp_wire.h"

namespace portico::testing {

struct SmtpSink::Server {
  void Start();
  void Stop();
  void Serve(int client);

  TlsContext tls;
  SmtpScript script;
  int port = 0;
  int listener = -1;
  std::thread acceptor;
  absl::Mutex mutex;
  std::vector<ReceivedMail> mails ABSL_GUARDED_BY(mutex);
  bool discarding ABSL_GUARDED_BY(mutex) = false;
  int connections ABSL_GUARDED_BY(mutex) = 0;
  std::vector<std::thread> threads ABSL_GUARDED_BY(mutex);
  std::set<int> clients ABSL_GUARDED_BY(mutex);
};

void SmtpSink::Server::Start() {
  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, generic, length) != 0 || listen(listener, 128) != 0 ||
      getsockname(listener, generic, &length) != 0) {
    throw std::system_error(errno, std::generic_category(), "SMTP sink");
  }
  port = ntohs(address.sin_port);
  acceptor = std::thread([this] {
    int client;
    while ((client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)) >= 0) {
      absl::MutexLock lock(&mutex);
      ++connections;
      clients.insert(client);
      threads.emplace_back([this, client] { Serve(client); });
    }
  });
}

void SmtpSink::Server::Serve(int client) {
  SmtpDialogue(client, tls.get(), script, [this](const std::vector<ReceivedMail>& received) {
    absl::MutexLock lock(&mutex);
    if (!discarding) mails.insert(mails.end(), received.begin(), received.end());
  }).Run();
  absl::MutexLock lock(&mutex);
  clients.erase(client);
  close(client);
}

void SmtpSink::Server::Stop() {
  if (!acceptor.joinable()) return;
  shutdown(listener, SHUT_RDWR);
  acceptor.join();
  close(listener);
  std::vector<std::thread> ended;
  {
    absl::MutexLock lock(&mutex);
    // An answer on its way is still given.
    for (const int client : clients) shutdown(client, SHUT_RD);
    ended.swap(threads);
  }
  for (std::thread& thread : ended) thread.join();
}

SmtpSink::SmtpSink() : SmtpSink(TlsFiles()) {}

SmtpSink::SmtpSink(int port) : server_(std::make_unique<Server>()) {
  server_->port = port;
  server_->Start();
}

SmtpSink::SmtpSink(const TlsFiles& tls) : server_(std::make_unique<Server>()) {
  server_->tls = MakeTlsContext(tls.certificate, tls.key);
  server_->Start();
}

SmtpSink::~SmtpSink() { Stop(); }

int SmtpSink::port() const { return server_->port; }
std::string SmtpSink::url() const { return "smtp://127.0.0.1:" + std::to_string(port()); }
void SmtpSink::Stop() { server_->Stop(); }
void SmtpSink::Start() { server_->Start(); }

void SmtpSink::ReplyOnce(SmtpStage stage, std::string reply) {
  server_->script.ReplyOnce(stage, std::move(reply));
}

void SmtpSink::ReplyAlways(SmtpStage stage, std::string reply) {
  server_->script.ReplyAlways(stage, std::move(reply));
}

void SmtpSink::ReplyToRecipient(const std::string& recipient, std::string reply) {
  server_->script.ReplyToRecipient(recipient, std::move(reply));
}

void SmtpSink::DropOnce(SmtpStage stage) { ReplyOnce(stage, SmtpScript::kDrop); }
void SmtpSink::DropAlways(SmtpStage stage) { ReplyAlways(stage, SmtpScript::kDrop); }
void SmtpSink::BehaveAgain() { server_->script.Clear(); }

void SmtpSink::BeforeReply(SmtpStage stage, std::function<void()> hook) {
  server_->script.BeforeReply(stage, std::move(hook));
}

void SmtpSink::Discard() {
  absl::MutexLock lock(&server_->mutex);
  server_->discarding = true;
}

bool SmtpSink::WaitForMails(size_t count, absl::Duration timeout) const {
  Server& server = *server_;
  const auto arrived = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(server.mutex) {
    return server.mails.size() >= count;
  };
  absl::MutexLock lock(&server.mutex);
  return server.mutex.AwaitWithTimeout(absl::Condition(&arrived), timeout);
}

std::vector<ReceivedMail> SmtpSink::mails() const {
  absl::MutexLock lock(&server_->mutex);
  return server_->mails;
}

int SmtpSink::connections() const {
  absl::MutexLock lock(&server_->mutex);
  return server_->connections;
}

}  // namespace portico::testing

#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <string>
#include <thread>

namespace portico::auth {

// An HTTP server on a loopback port, for tests, that gives every request the same answer.
class LoopbackHttp {
 public:
  LoopbackHttp();
  ~LoopbackHttp();
  LoopbackHttp(const LoopbackHttp&) = delete;
  LoopbackHttp& operator=(const LoopbackHttp&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/jwks.json"; }
  // `head` is what follows "HTTP/1.1 ", such as "200 OK".
  void Answer(std::string head, std::string body) ABSL_LOCKS_EXCLUDED(mutex_);
  int requests() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Serve();

  int listener_ = -1;
  int port_ = 0;
  mutable absl::Mutex mutex_;
  std::string head_ ABSL_GUARDED_BY(mutex_) = "200 OK";
  std::string body_ ABSL_GUARDED_BY(mutex_);
  int requests_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace portico::auth

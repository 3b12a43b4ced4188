#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <deque>
#include <functional>
#include <map>
#include <string>

#include "libs/testing/smtp_sink.h"

namespace portico::testing {

// What an SMTP sink was told to answer. Thread-safe.
class SmtpScript {
 public:
  static constexpr char kDrop[] = "-";  // Stands for no reply and the end of the connection.

  void ReplyOnce(SmtpStage stage, std::string reply);
  void ReplyAlways(SmtpStage stage, std::string reply);
  void ReplyToRecipient(const std::string& recipient, std::string reply);
  void BeforeReply(SmtpStage stage, std::function<void()> hook);
  void Clear();

  // What was told for `stage`, else `usual`. Runs the stage's hook first.
  std::string Reply(SmtpStage stage, const std::string& usual);
  std::string RecipientReply(const std::string& recipient, const std::string& usual);

 private:
  absl::Mutex mutex_;
  std::map<SmtpStage, std::deque<std::string>> once_ ABSL_GUARDED_BY(mutex_);
  std::map<SmtpStage, std::string> always_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> to_recipient_ ABSL_GUARDED_BY(mutex_);
  std::map<SmtpStage, std::function<void()>> hooks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::testing

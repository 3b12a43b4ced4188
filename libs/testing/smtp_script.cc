#include "libs/testing/smtp_script.h"

#include <utility>

namespace portico::testing {

void SmtpScript::ReplyOnce(SmtpStage stage, std::string reply) {
  absl::MutexLock lock(&mutex_);
  once_[stage].push_back(std::move(reply));
}

void SmtpScript::ReplyAlways(SmtpStage stage, std::string reply) {
  absl::MutexLock lock(&mutex_);
  always_[stage] = std::move(reply);
}

void SmtpScript::ReplyToRecipient(const std::string& recipient, std::string reply) {
  absl::MutexLock lock(&mutex_);
  to_recipient_[recipient] = std::move(reply);
}

void SmtpScript::BeforeReply(SmtpStage stage, std::function<void()> hook) {
  absl::MutexLock lock(&mutex_);
  hooks_[stage] = std::move(hook);
}

void SmtpScript::Clear() {
  absl::MutexLock lock(&mutex_);
  once_.clear();
  always_.clear();
  to_recipient_.clear();
  hooks_.clear();
}

std::string SmtpScript::Reply(SmtpStage stage, const std::string& usual) {
  std::function<void()> hook;
  {
    absl::MutexLock lock(&mutex_);
    if (const auto found = hooks_.find(stage); found != hooks_.end()) hook = found->second;
  }
  if (hook) hook();
  absl::MutexLock lock(&mutex_);
  if (std::deque<std::string>& once = once_[stage]; !once.empty()) {
    std::string reply = std::move(once.front());
    once.pop_front();
    return reply;
  }
  const auto always = always_.find(stage);
  return always == always_.end() ? usual : always->second;
}

std::string SmtpScript::RecipientReply(const std::string& recipient, const std::string& usual) {
  std::string own = usual;
  {
    absl::MutexLock lock(&mutex_);
    if (const auto told = to_recipient_.find(recipient); told != to_recipient_.end()) {
      own = told->second;
    }
  }
  return Reply(SmtpStage::kRecipient, own);
}

}  // namespace portico::testing

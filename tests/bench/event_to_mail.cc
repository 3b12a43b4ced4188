// One contact at a time: how long after the answer its invitation has been taken.
#include <absl/synchronization/mutex.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/peer.h"
#include "libs/testing/smtp_sink.h"
#include "tests/bench/command.h"
#include "tests/bench/contacts.h"

namespace portico::bench {
namespace {

struct Flags {
  ContactService service;
  int smtp_port = 0;
  int count = 500;
};

constexpr absl::Duration kPatience = absl::Seconds(30);

// The moment of the next mail.
class Arrival {
 public:
  void Note() {
    absl::MutexLock lock(&mutex_);
    time_ = SteadyClock().Now();
  }

  absl::StatusOr<absl::Time> Take() {
    absl::MutexLock lock(&mutex_);
    const auto here = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return time_.has_value(); };
    if (!mutex_.AwaitWithTimeout(absl::Condition(&here), kPatience)) {
      return absl::DeadlineExceededError("a contact's mail has not come");
    }
    const absl::Time time = *time_;
    time_.reset();
    return time;
  }

 private:
  absl::Mutex mutex_;
  std::optional<absl::Time> time_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<nlohmann::json> RunEventToMail(const Flags& flags) {
  ASSIGN_OR_RETURN(const auto accounts, ReadLines(flags.service.accounts_file));
  Arrival arrival;
  testing::SmtpSink sink(flags.smtp_port);
  sink.Discard();
  sink.BeforeReply(testing::SmtpStage::kContent, [&] { arrival.Note(); });
  rpc::Peer contacts({.target = flags.service.address, .bearer_token = flags.service.token});
  std::vector<double> milliseconds;
  constexpr int kWarmUp = 20;
  for (int i = 0; i < kWarmUp + flags.count; ++i) {
    RETURN_IF_ERROR(contacts
                        .Call<contact::v1::CreateContactResponse>(
                            NewContact(accounts, static_cast<uint64_t>(i)))
                        .status());
    const absl::Time answered = SteadyClock().Now();
    ASSIGN_OR_RETURN(const absl::Time arrived, arrival.Take());
    if (i >= kWarmUp) milliseconds.push_back(absl::ToDoubleMilliseconds(arrived - answered));
  }
  std::ranges::sort(milliseconds);
  const auto at = [&](double quantile) {
    return milliseconds[static_cast<size_t>(quantile * static_cast<double>(flags.count - 1))];
  };
  return nlohmann::json{{"mails", flags.count}, {"p50_ms", at(0.5)}, {"p99_ms", at(0.99)}};
}

}  // namespace

void DeclareEventToMail(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand(
      "event-to-mail", "From CreateContact's answer to the mail, one by one.");
  flags->service.Declare(*command);
  command->add_option("--smtp-port", flags->smtp_port, "Where to receive the mails.")->required();
  command->add_option("--count", flags->count, "Contacts.");
  command->callback([flags, &chosen] { chosen = [flags] { return RunEventToMail(*flags); }; });
}

}  // namespace portico::bench

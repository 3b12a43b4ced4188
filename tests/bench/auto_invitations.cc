// Many contacts at once, each with its invitation: how many mails a second come of it.
#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/byte_buffer.h"
#include "libs/testing/smtp_sink.h"
#include "tests/bench/command.h"
#include "tests/bench/contacts.h"
#include "tests/bench/rpc_load.h"

namespace portico::bench {
namespace {

struct Flags {
  ContactService service;
  int smtp_port = 0;
  uint64_t count = 10000;
};

constexpr absl::Duration kPatience = absl::Minutes(10);

absl::StatusOr<nlohmann::json> RunAutoInvitations(const Flags& flags) {
  ASSIGN_OR_RETURN(const auto accounts, ReadLines(flags.service.accounts_file));
  absl::Mutex mutex;
  uint64_t mails = 0;
  testing::SmtpSink sink(flags.smtp_port);
  sink.Discard();
  sink.BeforeReply(testing::SmtpStage::kContent, [&] {
    absl::MutexLock lock(&mutex);
    ++mails;
  });
  const Load load{.method = kCreateContact,
                  .token = flags.service.token,
                  .request = [&](uint64_t n) { return rpc::Serialize(NewContact(accounts, n)); },
                  .calls = flags.count};
  const absl::Time begin = SteadyClock().Now();
  const LoadResult created = Run(flags.service.Channel(), load);
  if (created.failed > 0) return absl::InternalError(created.first_error);
  const auto all = [&] { return mails >= flags.count; };
  absl::MutexLock lock(&mutex);
  if (!mutex.AwaitWithTimeout(absl::Condition(&all), kPatience)) {
    return absl::DeadlineExceededError(absl::StrCat("only ", mails, " mails came"));
  }
  const double seconds = absl::ToDoubleSeconds(SteadyClock().Now() - begin);
  return nlohmann::json{{"mails", mails},
                        {"rate", static_cast<double>(mails) / seconds},
                        {"connections", sink.connections()}};
}

}  // namespace

void DeclareAutoInvitations(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand(
      "auto-invitations", "From the first CreateContact to the last contact's mail.");
  flags->service.Declare(*command);
  command->add_option("--smtp-port", flags->smtp_port, "Where to receive the mails.")->required();
  command->add_option("--count", flags->count, "Contacts.");
  command->callback([flags, &chosen] { chosen = [flags] { return RunAutoInvitations(*flags); }; });
}

}  // namespace portico::bench

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/time/time.h>
#include <google/protobuf/util/time_util.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <vector>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "tools/cli/bulk_follow.h"
#include "tools/cli/bulk_progress.h"
#include "tools/cli/command.h"
#include "tools/cli/connection.h"
#include "tools/cli/recipient_filter.h"

namespace portico::cli {
namespace {

namespace api = portico::invitation::v1;

struct Flags {
  Connection connection;
  FilterFlags filter;
  std::vector<std::string> contacts, excluded;
  std::string contacts_file, html_file, text_file, at;
  api::BulkSend bulk;  // What the other flags say.
  bool general = false, dry_run = false;
  int32_t max_per_minute = 0, pause_at_failed_percent = 0;
  std::string request_id;
};

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return WrongUsage(absl::StrCat(path, ": cannot be read"));
  return text;
}

// An id a line; blank lines do not count.
absl::Status AddContacts(const std::string& path, api::BulkSend& bulk) {
  std::ifstream file(path);
  if (!file) return WrongUsage(absl::StrCat(path, ": cannot be read"));
  for (std::string line; std::getline(file, line);) {
    absl::StripAsciiWhitespace(&line);
    if (!line.empty()) bulk.add_contact_ids(line);
  }
  return absl::OkStatus();
}

absl::StatusOr<api::BulkSend> BulkSendOf(const Flags& flags) {
  api::BulkSend bulk = flags.bulk;
  bulk.set_general(flags.general);
  bulk.set_max_per_minute(flags.max_per_minute);
  bulk.set_pause_at_failed_percent(flags.pause_at_failed_percent);
  if (flags.filter.is_given()) *bulk.mutable_filter() = flags.filter.Filter();
  for (const std::string& id : flags.contacts) bulk.add_contact_ids(id);
  for (const std::string& id : flags.excluded) bulk.add_excluded_contact_ids(id);
  if (!flags.contacts_file.empty()) RETURN_IF_ERROR(AddContacts(flags.contacts_file, bulk));
  if (bulk.has_filter() == !bulk.contact_ids().empty()) {
    return WrongUsage("whom to mail: want --division, or contacts by --contact or --contacts");
  }
  if (!flags.html_file.empty()) {
    ASSIGN_OR_RETURN(*bulk.mutable_html_body(), ReadFile(flags.html_file));
  }
  if (!flags.text_file.empty()) {
    ASSIGN_OR_RETURN(*bulk.mutable_text_body(), ReadFile(flags.text_file));
  }
  if (!flags.at.empty()) {
    absl::Time time;
    if (!absl::ParseTime(absl::RFC3339_full, flags.at, &time, nullptr)) {
      return WrongUsage(absl::StrCat("--at: got ", rpc::Quoted(flags.at),
                                     ", want a time such as 2026-01-31T08:00:00Z"));
    }
    *bulk.mutable_schedule_time() =
        google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(ToMicros(time));
  }
  return bulk;
}

absl::Status Create(const Flags& flags) {
  api::CreateBulkSendRequest request;
  ASSIGN_OR_RETURN(*request.mutable_bulk_send(), BulkSendOf(flags));
  request.set_request_id(flags.request_id);
  request.set_validate_only(flags.dry_run);
  ASSIGN_OR_RETURN(const auto invitation, flags.connection.Open("invitation"));
  ASSIGN_OR_RETURN(const auto answer, invitation->Call<api::CreateBulkSendResponse>(request));
  if (flags.dry_run) return absl::OkStatus();
  api::BulkSend now = answer.bulk_send();
  const std::string id = now.id();
  const absl::Status followed = FollowBulkSend(
      *invitation, id,
      [&](const api::BulkSend& seen) {
        now = seen;
        return seen.state() == api::BULK_SEND_STATE_GATHERING;
      },
      [](const std::string& text) { std::cerr << text << '\n'; });
  if (!followed.ok()) {
    std::cerr << "Created " << id << ", which gathers its recipients still.\n";
    return followed;
  }
  std::cout << id << ' ' << now.progress().waiting() << '\n';
  std::cerr << Describe(now) << '\n';
  return absl::OkStatus();
}

void DeclareTexts(CLI::App& command, Flags& flags) {
  command.add_option("--template", *flags.bulk.mutable_template_id(),
                     "The template, tpl_…. Default: the portal options'.");
  command.add_option("--subject", *flags.bulk.mutable_subject(),
                     "The subject instead of the template's.");
  command.add_option("--html", flags.html_file, "File with the HTML instead of the template's.")
      ->check(CLI::ExistingFile);
  command
      .add_option("--text", flags.text_file,
                  "File with the plain text instead of the one made from the HTML.")
      ->check(CLI::ExistingFile);
  command.add_option("--sender", *flags.bulk.mutable_sender_email(),
                     "The sender's address. Default: each division's.");
}

void DeclarePace(CLI::App& command, Flags& flags) {
  command.add_option("--at", flags.at,
                     "When to begin once it is started, such as 2026-01-31T08:00:00Z. Default: at "
                     "once.");
  command
      .add_option("--max-per-minute", flags.max_per_minute,
                  "The most mails a minute. Default: no limit.")
      ->check(CLI::Range(1, 1000000));
  command
      .add_option("--pause-at-failed-percent", flags.pause_at_failed_percent,
                  "It pauses by itself when more of the last 100 or more fail. Default: 10.")
      ->check(CLI::Range(1, 100));
}

}  // namespace

void DeclareBulkCreate(CLI::App& bulk, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = bulk.add_subcommand(
      "create",
      "Creates a bulk send, waits until it has its recipients, and prints its id and how many it "
      "will mail. Nothing is mailed before bulk start.");
  flags->filter.Declare(*command, false);
  command->add_option("--contact", flags->contacts, "Instead: this contact, con_…; repeatable.");
  command
      ->add_option("--contacts", flags->contacts_file, "Instead: contacts in a file, an id a line.")
      ->check(CLI::ExistingFile);
  command->add_option("--exclude", flags->excluded,
                      "Not this contact, though the filter finds it; repeatable.");
  command->add_option("--name", *flags->bulk.mutable_display_name(), "What it is called in lists.");
  command->add_flag("--general", flags->general,
                    "A general e-mail to the chosen contacts, no invitations.");
  DeclareTexts(*command, *flags);
  DeclarePace(*command, *flags);
  command->add_option("--request-id", flags->request_id,
                      "Makes the command safe to repeat: one bulk send for one request id.");
  command->add_flag("--dry-run", flags->dry_run, "Only say whether it could be created.");
  flags->connection.Declare(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return Create(*flags); }; });
}

}  // namespace portico::cli

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/clock.h>
#include <google/protobuf/field_mask.pb.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "tools/cli/command.h"
#include "tools/cli/connection.h"
#include "tools/cli/import_kind.h"
#include "tools/cli/import_progress.h"
#include "tools/cli/import_sender.h"
#include "tools/cli/named_headers.h"
#include "tools/cli/rejects_file.h"
#include "tools/cli/row_source.h"

namespace portico::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct Flags {
  Connection connection;
  std::string file, kind, mapping, format, rejects;
  bool dry_run = false, no_invitation = false;
  int64_t from_line = 1;
};

absl::StatusOr<const ImportKind*> KindOf(const Flags& flags) {
  const ImportKind* kind =
      flags.kind.empty() ? GuessImportKind(flags.file) : FindImportKind(flags.kind);
  if (kind != nullptr) return kind;
  return WrongUsage(
      absl::StrCat("the name ", rpc::Quoted(flags.file),
                   " does not tell what is in it: say --kind accounts, sites, invoices or "
                   "contacts"));
}

absl::StatusOr<std::string> FormatOf(const Flags& flags) {
  if (!flags.format.empty()) return flags.format;
  for (const char* ending : {".ndjson", ".jsonl"}) {
    if (absl::EndsWithIgnoreCase(flags.file, ending)) return "ndjson";
  }
  for (const char* ending : {".csv", ".tsv", ".txt"}) {
    if (absl::EndsWithIgnoreCase(flags.file, ending)) return "csv";
  }
  return WrongUsage(absl::StrCat("the name ", rpc::Quoted(flags.file),
                                 " does not tell its format: say --format csv or ndjson"));
}

absl::Status SetOption(std::string_view name, const ImportKind& kind, Message& request) {
  Message& options = *request.GetReflection()->MutableMessage(&request, &kind.options);
  const FieldDescriptor* field = options.GetDescriptor()->FindFieldByName(std::string(name));
  if (field == nullptr) {
    return WrongUsage(
        absl::StrCat("--no-invitation is for contacts, not for ", std::string(kind.name)));
  }
  options.GetReflection()->SetBool(&options, field, true);
  return absl::OkStatus();
}

// A column says something about every row, also where its cell is empty, "no" or 0.
void SetColumns(const std::vector<std::string>& columns, const ImportKind& kind, Message& request) {
  Message& options = *request.GetReflection()->MutableMessage(&request, &kind.options);
  const FieldDescriptor* field = options.GetDescriptor()->FindFieldByName("update_mask");
  if (field == nullptr) return;
  auto& mask = static_cast<google::protobuf::FieldMask&>(
      *options.GetReflection()->MutableMessage(&options, field));
  for (const std::string& column : columns) mask.add_paths(column);
}

// The file's own error is wrong usage; one of reading is not.
absl::Status AsWrongUsage(const absl::Status& status) {
  return absl::IsInvalidArgument(status) ? WrongUsage(std::string(status.message())) : status;
}

absl::Status Report(const Flags& flags, const absl::Status& status, const ImportTally& tally,
                    const RejectsFile& rejects, absl::Duration elapsed) {
  std::cout << (flags.dry_run ? "Dry run of " : "") << flags.file << ": " << Describe(tally)
            << absl::StrFormat(" in %.1f s\n", absl::ToDoubleSeconds(elapsed));
  if (!status.ok()) {
    if (tally.rows() > 0) {
      std::cout << "All up to line " << tally.line << " is done. Go on with --from-line "
                << tally.line + 1 << ".\n";
    }
    return status;
  }
  if (tally.refused == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(tally.refused, " of ", tally.rows(),
                                                    " rows were refused: see ", rejects.path()));
}

absl::Status Import(const Flags& flags) {
  ASSIGN_OR_RETURN(const ImportKind* kind, KindOf(flags));
  ASSIGN_OR_RETURN(const std::string format, FormatOf(flags));
  const std::unique_ptr<Message> options(kind->request.New());
  options->GetReflection()->MutableMessage(options.get(), &kind->options);
  if (flags.dry_run) RETURN_IF_ERROR(SetOption("validate_only", *kind, *options));
  if (flags.no_invitation) RETURN_IF_ERROR(SetOption("without_invitation", *kind, *options));

  std::ifstream input(flags.file, std::ios::binary);
  if (!input) return WrongUsage(absl::StrCat(flags.file, ": cannot be read"));
  std::unique_ptr<RowSource> source;
  std::optional<RejectsFile::CsvForm> csv;
  if (format == "csv") {
    auto named = ReadNamedHeaders(flags.mapping);
    if (!named.ok()) return AsWrongUsage(named.status());
    auto rows = CsvRows::Open(input, *kind, *named);
    if (!rows.ok()) return AsWrongUsage(rows.status());
    SetColumns((*rows)->mapping().Columns(), *kind, *options);
    csv = {.header = (*rows)->header(), .separator = (*rows)->separator()};
    source = *std::move(rows);
  } else if (!flags.mapping.empty()) {
    return WrongUsage("--mapping is for the headers of CSV, which NDJSON has not");
  } else {
    source = std::make_unique<JsonRows>(input);
  }

  const std::string rejects_path =
      !flags.rejects.empty()
          ? flags.rejects
          : absl::StrCat(flags.file, flags.dry_run ? ".dry-run" : "", ".rejects.", format);
  std::error_code ignored;
  if (std::filesystem::equivalent(flags.file, rejects_path, ignored)) {
    return WrongUsage("--rejects is the file that is imported, want another");
  }
  RejectsFile rejects(rejects_path, std::move(csv), flags.from_line > 1);
  ASSIGN_OR_RETURN(const auto service, flags.connection.Open(kind->service));
  ImportProgress progress(std::cerr, isatty(STDERR_FILENO) != 0, SteadyClock());
  ImportSender sender({.kind = *kind,
                       .options = *options,
                       .from_line = flags.from_line,
                       .rest = [](absl::Duration rest) { absl::SleepFor(rest); }},
                      *service, *source, rejects, progress, SteadyClock());
  absl::Status status = sender.Send();
  status.Update(rejects.Close());
  progress.End();
  return Report(flags, status, sender.tally(), rejects, progress.elapsed());
}

}  // namespace

void DeclareImport(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand(
      "import", "Creates and updates accounts, sites, invoices or contacts from a file.");
  command
      ->add_option("FILE", flags->file,
                   "CSV with a header, or NDJSON. A list's items have | between them.")
      ->required()
      ->check(CLI::ExistingFile);
  command
      ->add_option("--kind", flags->kind,
                   "What is in it. Default: what its name tells, such as contacts.csv.")
      ->check(CLI::IsMember({"accounts", "sites", "invoices", "contacts"}));
  command->add_option("--mapping", flags->mapping,
                      "What headers mean that are no fields: \"E-mail Address=email,Fax=\", or a "
                      "file with one such pair a line. Nothing behind = leaves a column out.");
  command->add_option("--format", flags->format, "Default: by the file's ending.")
      ->check(CLI::IsMember({"csv", "ndjson"}));
  command->add_flag("--dry-run", flags->dry_run, "Only say what would be done.");
  command->add_flag("--no-invitation", flags->no_invitation,
                    "The contacts that are created are not invited.");
  command->add_option("--rejects", flags->rejects,
                      "Where the refused rows go. Default: FILE.rejects.csv or .ndjson; of a dry "
                      "run, FILE.dry-run.rejects.csv or .ndjson.");
  command->add_option("--from-line", flags->from_line, "Begin at this line of the file.")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  flags->connection.Declare(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return Import(*flags); }; });
}

}  // namespace portico::cli

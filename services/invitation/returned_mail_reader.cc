#include "services/invitation/returned_mail_reader.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "libs/auth/encoding.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/mail/returned_mail.h"

namespace portico::invitation {

using portico::invitation::v1::DeliveryReportKind;
using storage::Session;
using namespace portico::invitation::v1;  // The kinds' names.
using Kind = mail::ReturnedMail::Kind;

namespace {

constexpr size_t kBatch = 100;
constexpr absl::Duration kRest = absl::Seconds(5);
constexpr absl::Duration kRestAfterFault = absl::Seconds(30);

absl::Status Failure(const std::filesystem::path& file, const std::error_code& error) {
  return absl::UnavailableError(absl::StrCat(file.string(), ": ", error.message()));
}

DeliveryReportKind KindOf(const mail::ReturnedMail& mail) {
  switch (mail.kind) {
    case Kind::kFailed:
      // Given up though the fault might have passed: it says nothing of the address.
      return mail.enhanced_status.starts_with("4.") ? DELIVERY_REPORT_KIND_FAILED
                                                    : DELIVERY_REPORT_KIND_BOUNCED;
    case Kind::kDelivered:
      return DELIVERY_REPORT_KIND_DELIVERED;
    case Kind::kComplaint:
      return DELIVERY_REPORT_KIND_COMPLAINED;
    default:
      return DELIVERY_REPORT_KIND_DEFERRED;
  }
}

}  // namespace

ReturnedMailReader::ReturnedMailReader(storage::Database& database, const DeliveryReports& reports,
                                       const MessageSignature& signature, const Clock& clock,
                                       std::filesystem::path maildir)
    : database_(database),
      reports_(reports),
      signature_(signature),
      clock_(clock),
      maildir_(std::move(maildir)) {}

absl::Duration ReturnedMailReader::RunOnce() {
  absl::StatusOr<std::vector<std::string>> names = NewFiles();
  absl::Status status = names.status();
  // One that cannot be read must not keep the others.
  for (size_t i = 0; names.ok() && i < names->size(); ++i) status.Update(Handle((*names)[i]));
  if (!status.ok()) {
    if (!std::exchange(told_, true)) {
      log::Warn("returned mail cannot be read yet", {{"error", status.ToString()}});
    }
    return kRestAfterFault;
  }
  told_ = false;
  return names->size() == kBatch ? absl::ZeroDuration() : kRest;
}

absl::StatusOr<std::vector<std::string>> ReturnedMailReader::NewFiles() const {
  std::error_code error;
  const std::filesystem::path folder = maildir_ / "new";
  std::vector<std::string> names;
  std::filesystem::directory_iterator file(folder, error);
  for (; !error && file != std::filesystem::directory_iterator(); file.increment(error)) {
    if (!file->path().filename().string().starts_with('.')) {
      names.push_back(file->path().filename().string());
    }
    if (names.size() == kBatch) break;
  }
  if (error) return Failure(folder, error);
  return names;
}

absl::Status ReturnedMailReader::Handle(const std::string& name) const {
  const std::filesystem::path file = maildir_ / "new" / name;
  std::error_code error;
  if (std::filesystem::is_regular_file(file, error)) {
    std::ifstream stream(file, std::ios::binary);
    std::string bytes(mail::kReturnedMailBytes, '\0');
    stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!stream.is_open() || stream.bad()) {
      return absl::UnavailableError(absl::StrCat(file.string(), ": cannot be read"));
    }
    bytes.resize(static_cast<size_t>(stream.gcount()));
    RETURN_IF_ERROR(Apply(name, bytes));
  }
  // "S" for seen.
  std::filesystem::rename(file, maildir_ / "cur" / absl::StrCat(name, ":2,S"), error);
  // Another process may have been faster.
  if (error && std::filesystem::exists(file)) return Failure(file, error);
  return absl::OkStatus();
}

absl::Status ReturnedMailReader::Apply(const std::string& name, const std::string& bytes) const {
  const mail::ReturnedMail mail = mail::ReadReturnedMail(bytes);
  if (mail.kind == Kind::kNone) return absl::OkStatus();
  std::optional<std::string> id;
  for (const std::string& address : mail.addresses) {
    if (!id.has_value()) id = signature_.MessageOf(address);
  }
  if (!id.has_value()) {
    log::Warn("a returned mail came to no address of ours, and counts for nothing",
              {{"file", name}});
    return absl::OkStatus();
  }
  MailReport report{.message_id = *id,
                    .kind = KindOf(mail),
                    .source = DELIVERY_SOURCE_RETURNED_MAIL,
                    .enhanced_status = mail.enhanced_status,
                    .text = mail.text,
                    .content_hash = auth::EncodeBase64Url(Sha256(bytes))};
  // The sender's clock may be anything.
  const absl::Time now = clock_.Now();
  if (mail.date.has_value() && *mail.date > now - absl::Hours(24 * 30) && *mail.date <= now) {
    report.time = mail.date;
  }
  ASSIGN_OR_RETURN(
      const DeliveryReports::Outcome outcome,
      database_.WriteUnderLocks([&](Session& session) { return reports_.Apply(session, report); }));
  if (outcome == DeliveryReports::Outcome::kRecorded) {
    log::Info("a mail's fate is told", {{"message", *id},
                                        {"kind", DeliveryReportKind_Name(report.kind)},
                                        {"enhanced_status", report.enhanced_status}});
  }
  return absl::OkStatus();
}

}  // namespace portico::invitation

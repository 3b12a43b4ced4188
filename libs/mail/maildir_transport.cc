#include "libs/mail/maildir_transport.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/time/clock.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "libs/base/random.h"
#include "libs/base/status_macros.h"
#include "libs/mail/delivery_result.h"

namespace portico::mail {
namespace {

using std::filesystem::path;

absl::Status Failure(const path& file) {
  return absl::UnavailableError(
      absl::StrCat(file.string(), ": ", std::generic_category().message(errno)));
}

class Descriptor {
 public:
  Descriptor(const path& file, int flags, mode_t mode = 0)
      : descriptor_(open(file.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool ok() const { return descriptor_ >= 0; }
  bool Sync() { return fsync(descriptor_) == 0; }
  bool Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }

 private:
  const int descriptor_;
};

// Unique without a look into the folder, as the maildir convention wants it: time,
// process and chance.
std::string UniqueName() {
  const std::string random = RandomBytes(8);
  return absl::StrCat(absl::ToUnixMicros(absl::Now()), ".P", getpid(), "R",
                      absl::BytesToHexString(random), ".portico");
}

absl::Status WriteFile(const path& file, std::string_view bytes) {
  Descriptor target(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!target.ok() || !target.Write(bytes) || !target.Sync()) return Failure(file);
  return absl::OkStatus();
}

absl::Status SyncFolder(const path& folder) {
  Descriptor target(folder, O_RDONLY | O_DIRECTORY);
  if (!target.ok() || !target.Sync()) return Failure(folder);
  return absl::OkStatus();
}

class MaildirTransport final : public Transport {
 public:
  explicit MaildirTransport(path folder) : folder_(std::move(folder)) {}

  DeliveryResult Deliver(const Envelope& envelope, std::string_view message) override {
    if (const auto refusal = RefuseEnvelope(envelope)) return *refusal;
    // Files on this machine end their lines with LF.
    const std::string bytes = absl::StrCat(
        "Return-Path: <", envelope.sender, ">\nDelivered-To: ", envelope.recipient, "\n",
        absl::StrReplaceAll(absl::string_view(message.data(), message.size()), {{"\r\n", "\n"}}));
    if (absl::Status status = Store(bytes); !status.ok()) {
      return {Outcome::kRefusedForNow, 0, "", ReplyText(std::string(status.message()))};
    }
    return {Outcome::kAccepted, 250, "2.0.0", "stored"};
  }

 private:
  absl::Status Store(std::string_view bytes) const {
    RETURN_IF_ERROR(MakeMaildir(folder_));  // It may have been removed since.
    const std::string name = UniqueName();
    const path written = folder_ / "tmp" / name, delivered = folder_ / "new" / name;
    absl::Status status = WriteFile(written, bytes);
    if (status.ok() && rename(written.c_str(), delivered.c_str()) != 0) status = Failure(delivered);
    if (!status.ok()) {
      unlink(written.c_str());
      return status;
    }
    return SyncFolder(folder_ / "new");
  }

  const path folder_;
};

}  // namespace

absl::Status MakeMaildir(const path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder.parent_path(), error);
  for (const path& part : {folder, folder / "cur", folder / "new", folder / "tmp"}) {
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return Failure(part);
  }
  return absl::OkStatus();
}

std::unique_ptr<Transport> MakeMaildirTransport(path folder) {
  return std::make_unique<MaildirTransport>(std::move(folder));
}

}  // namespace portico::mail

#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <filesystem>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "services/invitation/delivery_reports.h"
#include "services/invitation/message_signature.h"

namespace portico::invitation {

// Reads what mail servers send back, in the maildir that the bounce address delivers to. A file
// moves from new/ to cur/ once what it says is committed, whatever it is: one that is read again
// after a crash, or by another process, changes nothing. Nobody else may move files there.
class ReturnedMailReader {
 public:
  ReturnedMailReader(storage::Database& database, const DeliveryReports& reports,
                     const MessageSignature& signature, const Clock& clock,
                     std::filesystem::path maildir);

  // Reads what is there, up to a batch, and answers how long to rest: the step of a
  // BackgroundLoop.
  absl::Duration RunOnce();

 private:
  absl::StatusOr<std::vector<std::string>> NewFiles() const;
  absl::Status Handle(const std::string& name) const;
  absl::Status Apply(const std::string& name, const std::string& bytes) const;

  storage::Database& database_;
  const DeliveryReports& reports_;
  const MessageSignature& signature_;
  const Clock& clock_;
  const std::filesystem::path maildir_;
  bool told_ = false;  // Of the fault that lasts.
};

}  // namespace portico::invitation

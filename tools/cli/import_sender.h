#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <google/protobuf/message.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/rpc/peer.h"
#include "tools/cli/import_kind.h"
#include "tools/cli/import_progress.h"
#include "tools/cli/rejects_file.h"
#include "tools/cli/row_source.h"

namespace portico::cli {

struct ImportRun {
  const ImportKind& kind;
  const google::protobuf::Message& options;  // A first message, with the options.
  int64_t from_line = 1;                     // Rows before it are passed over.
  // How long a service may be away, and how an import waits meanwhile.
  absl::Duration patience = absl::Minutes(1);
  std::function<void(absl::Duration)> rest;
};

// Sends the rows of a file to a service: while one thread sends, another reads the answers. A
// bounded number of messages is on its way, and kept until it is answered: when the service goes
// away, the import is opened again and goes on behind the last row that was answered.
class ImportSender {
 public:
  // All outlive this.
  ImportSender(ImportRun run, rpc::Peer& service, RowSource& source, RejectsFile& rejects,
               ImportProgress& progress, const Clock& clock);
  ~ImportSender();

  // OK when every row was kept or refused; call it once. UNAVAILABLE: the service was away for
  // longer than `patience`. UNKNOWN: the file or that of the rejects failed. Else the service's.
  absl::Status Send() ABSL_LOCKS_EXCLUDED(mutex_);

  // Whatever Send answered, this holds.
  ImportTally tally() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Batch;

  absl::Status SendOnce() ABSL_LOCKS_EXCLUDED(mutex_);
  void Write(rpc::ExchangeClient& stream) ABSL_LOCKS_EXCLUDED(mutex_);
  void ReadAnswers(rpc::ExchangeClient& stream) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::shared_ptr<Batch>> NextBatch();
  void Take(ImportAnswer answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Settle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ImportTally Tally() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Fail(absl::Status failure) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ImportRun run_;
  rpc::Peer& service_;
  RowSource& source_;
  RejectsFile& rejects_;
  ImportProgress& progress_;
  const Clock& clock_;
  bool source_ended_ = false;
  FileRow row_;

  mutable absl::Mutex mutex_;
  // Not yet answered; the first `sent_` of them are on their way.
  std::deque<std::shared_ptr<Batch>> batches_ ABSL_GUARDED_BY(mutex_);
  size_t sent_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stream_over_ ABSL_GUARDED_BY(mutex_) = false;
  // Told by the service, and not yet written, by line.
  std::map<int64_t, rpc::FieldViolation> refusals_ ABSL_GUARDED_BY(mutex_);
  // Of the streams before, of this stream, and of the rows that were never sent.
  ImportTally before_ ABSL_GUARDED_BY(mutex_), now_ ABSL_GUARDED_BY(mutex_);
  int64_t refused_here_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t settled_line_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time last_heard_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);  // On this side.
};

}  // namespace portico::cli

#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/auth/sealer.h"
#include "libs/base/clock.h"
#include "libs/mail/form_letter.h"
#include "libs/mail/transport.h"
#include "libs/storage/database.h"
#include "services/invitation/message_signature.h"
#include "services/invitation/message_store.h"
#include "services/invitation/template_store.h"

namespace portico::invitation {

// A mail as it goes to the mail server.
struct Letter {
  mail::Envelope envelope;
  std::string bytes;
};

// Makes queued mails into letters. Keeps the versions of templates that were used last, made ready,
// for all workers: mails mostly share one. Thread-safe.
class LetterWriter {
 public:
  LetterWriter(storage::Database& database, const TemplateStore& templates,
               const auth::Sealer& sealer, const MessageSignature& signature, const Clock& clock)
      : database_(database),
        templates_(templates),
        sealer_(sealer),
        signature_(signature),
        clock_(clock) {}

  // INVALID_ARGUMENT, NOT_FOUND, DATA_LOSS: no letter can ever be made of it.
  // FAILED_PRECONDITION: what it has sealed cannot be opened, mostly for a key that is missing from
  // the settings, which ops can put back. Also the database's errors, which may pass.
  absl::StatusOr<Letter> Write(const OutgoingMail& mail) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // A version of a template, and the placeholders that its values belong to, by their numbers.
  struct Form {
    mail::FormLetter letter;
    std::vector<std::string> placeholders;
  };
  using Version = std::pair<std::string, int64_t>;

  static absl::StatusOr<std::shared_ptr<const Form>> Prepare(const TemplateText& text);
  absl::StatusOr<std::shared_ptr<const Form>> FormOf(const MailContent& content)
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status AddSecrets(const OutgoingMail& mail, PlaceholderValues& values) const;

  storage::Database& database_;
  const TemplateStore& templates_;
  const auth::Sealer& sealer_;
  const MessageSignature& signature_;
  const Clock& clock_;

  absl::Mutex mutex_;
  std::map<Version, std::shared_ptr<const Form>> forms_ ABSL_GUARDED_BY(mutex_);
  std::deque<Version> oldest_first_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::invitation

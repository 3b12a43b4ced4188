#include "libs/storage/database_clock.h"

#include <cstdint>
#include <tuple>

#include "libs/base/status_macros.h"

namespace portico::storage {
namespace {

constexpr absl::Duration kRest = absl::Seconds(5);
// What the way to the server may take out of an answer: less is no sign that its clock was set,
// and time had better not go back for it.
constexpr absl::Duration kTolerance = absl::Milliseconds(250);

}  // namespace

DatabaseClock::DatabaseClock(Database& database, const Clock& own, const Clock& steady)
    : database_(database),
      own_(own),
      steady_(steady),
      is_shared_(database.engine() == Engine::kPostgres) {}

absl::Time DatabaseClock::Now() const {
  if (!is_shared_) return own_.Now();
  absl::MutexLock lock(&mutex_);
  return ahead_.has_value() ? steady_.Now() + *ahead_ : own_.Now();
}

absl::Status DatabaseClock::Look() {
  if (!is_shared_) return absl::OkStatus();
  absl::Time asked, answered;
  ASSIGN_OR_RETURN(const auto row, database_.ReadOne([&](Session& session) {
    asked = steady_.Now();  // A turn at the database may have been long in coming.
    auto time = session.SelectOne<int64_t>(
        "select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)");
    answered = steady_.Now();
    return time;
  }));
  const absl::Duration took = answered - asked;
  const absl::Duration ahead = FromMicros(std::get<0>(*row)) - (asked + took / 2);
  absl::MutexLock lock(&mutex_);
  // An answer that took long says little, but is better than none.
  const bool is_news = ahead_.has_value() && took <= kTolerance &&
                       absl::AbsDuration(ahead - *ahead_) > kTolerance;
  if (!ahead_.has_value() || is_news) ahead_ = ahead;
  return absl::OkStatus();
}

absl::Status DatabaseClock::Start() {
  RETURN_IF_ERROR(Look());
  if (!is_shared_) return absl::OkStatus();
  looking_ = std::make_unique<BackgroundLoop>("clock", [this] {
    (void)Look();  // The database tells of its outages itself.
    return kRest;
  });
  return absl::OkStatus();
}

}  // namespace portico::storage

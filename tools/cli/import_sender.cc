#include "tools/cli/import_sender.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "libs/base/random.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/stream.h"

namespace portico::cli {

using google::protobuf::Message;

namespace {

constexpr size_t kRowsOfMessage = 500;
constexpr size_t kBytesOfMessage = size_t{512} << 10;
constexpr size_t kMostOnTheWay = 8;
constexpr absl::Duration kFirstRest = absl::Milliseconds(100), kLongestRest = absl::Seconds(5);

}  // namespace

// One message of rows, and what the rows were in the file. It may have none to send.
struct ImportSender::Batch {
  std::unique_ptr<Message> request;
  int64_t last_sent_line = 0;  // 0 where there is nothing to send.
  std::vector<FileRow> rows;
};

ImportSender::ImportSender(ImportRun run, rpc::Peer& service, RowSource& source,
                           RejectsFile& rejects, ImportProgress& progress, const Clock& clock)
    : run_(std::move(run)),
      service_(service),
      source_(source),
      rejects_(rejects),
      progress_(progress),
      clock_(clock),
      last_heard_(clock.Now()) {}

ImportSender::~ImportSender() = default;

absl::Status ImportSender::Send() {
  absl::Duration rest = kFirstRest;
  absl::Time last_break = absl::InfinitePast();
  while (true) {
    const absl::Status status = SendOnce();
    if (!absl::IsUnavailable(status)) return status;
    const absl::Time now = clock_.Now();
    absl::Time last_heard;
    {
      absl::MutexLock lock(&mutex_);
      last_heard = last_heard_;
    }
    if (now - last_heard > run_.patience) return status;
    // It was there meanwhile.
    if (last_heard > last_break) {
      rest = kFirstRest;
      progress_.Tell(absl::StrCat("The service is away; trying again for ",
                                  absl::FormatDuration(run_.patience), "."));
    }
    last_break = now;
    run_.rest(rest * (0.5 + RandomFraction() / 2));
    rest = std::min(rest * 2, kLongestRest);
  }
}

ImportTally ImportSender::tally() const {
  absl::MutexLock lock(&mutex_);
  return Tally();
}

// One stream, from the first batch that is not answered on.
absl::Status ImportSender::SendOnce() {
  {
    absl::MutexLock lock(&mutex_);
    const ImportTally so_far = Tally();
    before_ = so_far;
    before_.refused -= refused_here_;
    now_ = {};
    sent_ = 0;
    stream_over_ = false;
  }
  const auto stream = service_.OpenExchange(*run_.kind.request.GetDescriptor());
  std::thread reader([&] { ReadAnswers(*stream); });
  if (stream->Write(run_.options)) Write(*stream);
  stream->WritesDone();
  reader.join();
  const absl::Status status = stream->Finish();
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(failure_);
  RETURN_IF_ERROR(status);
  if (batches_.empty()) return absl::OkStatus();
  return absl::InternalError("the service ended the import before it answered all rows");
}

// Sends until all is sent, or the stream or this side fails.
void ImportSender::Write(rpc::ExchangeClient& stream) {
  while (true) {
    std::shared_ptr<Batch> batch;
    {
      absl::MutexLock lock(&mutex_);
      const auto can_go_on = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stream_over_ || !failure_.ok() || sent_ < batches_.size() ||
               batches_.size() < kMostOnTheWay;
      };
      mutex_.Await(absl::Condition(&can_go_on));
      if (stream_over_ || !failure_.ok()) return;
      if (sent_ < batches_.size()) batch = batches_[sent_++];
    }
    if (batch != nullptr) {
      if (batch->last_sent_line > 0 && !stream.Write(*batch->request)) return;
      continue;
    }
    if (source_ended_) return;
    auto next = NextBatch();
    absl::MutexLock lock(&mutex_);
    if (!next.ok()) return Fail(next.status());
    if (*next == nullptr) continue;
    batches_.push_back(*std::move(next));
    Settle();
  }
}

void ImportSender::ReadAnswers(rpc::ExchangeClient& stream) {
  const std::unique_ptr<Message> answer(run_.kind.answer.New());
  while (stream.Read(*answer)) {
    absl::MutexLock lock(&mutex_);
    Take(run_.kind.read(*answer));
    progress_.Show(Tally());
    answer->Clear();
  }
  absl::MutexLock lock(&mutex_);
  stream_over_ = true;
}

// Null at the end of the file.
absl::StatusOr<std::shared_ptr<ImportSender::Batch>> ImportSender::NextBatch() {
  auto batch = std::make_shared<Batch>();
  batch->request.reset(run_.kind.request.New());
  const auto& reflection = *batch->request->GetReflection();
  size_t bytes = 0;
  while (batch->rows.size() < kRowsOfMessage && bytes < kBytesOfMessage) {
    Message* row = reflection.AddMessage(batch->request.get(), &run_.kind.rows);
    ASSIGN_OR_RETURN(const bool found, source_.Next(row_, *row));
    const bool is_sent = found && row_.line >= run_.from_line && !row_.wrong.has_value();
    if (is_sent) {
      row->GetReflection()->SetInt64(row, row->GetDescriptor()->FindFieldByName("line"), row_.line);
      batch->last_sent_line = row_.line;
      bytes += row->ByteSizeLong();
    } else {
      reflection.RemoveLast(batch->request.get(), &run_.kind.rows);
    }
    if (!found) {
      source_ended_ = true;
      break;
    }
    if (row_.line < run_.from_line) continue;
    bytes += is_sent ? 0 : row_.raw.size();
    batch->rows.push_back(row_);
  }
  if (batch->rows.empty()) return nullptr;
  return batch;
}

void ImportSender::Take(ImportAnswer answer) {
  last_heard_ = clock_.Now();
  now_ = {.line = answer.line,
          .created = answer.created,
          .updated = answer.updated,
          .unchanged = answer.unchanged,
          .refused = answer.refused};
  for (RefusedLine& refusal : answer.refusals) {
    refusals_.emplace(refusal.line, std::move(refusal.why));
  }
  Settle();
}

// Lets go of what is answered, and of what needs no answer once all before it is.
void ImportSender::Settle() {
  while (failure_.ok() && !batches_.empty()) {
    const Batch& batch = *batches_.front();
    if (batch.last_sent_line > now_.line) return;
    rejects_.Begin();
    for (const FileRow& row : batch.rows) {
      const auto told = refusals_.find(row.line);
      if (told == refusals_.end() && !row.wrong.has_value()) continue;
      if (row.wrong.has_value()) ++refused_here_;
      const rpc::FieldViolation& why = row.wrong.has_value() ? *row.wrong : told->second;
      absl::Status added = rejects_.Add({.line = row.line, .why = why}, row.raw);
      if (!added.ok()) return Fail(std::move(added));
    }
    settled_line_ = batch.rows.back().line;
    refusals_.erase(refusals_.begin(), refusals_.upper_bound(settled_line_));
    batches_.pop_front();
    if (sent_ > 0) --sent_;
  }
}

ImportTally ImportSender::Tally() const {
  return {.line = settled_line_,
          .created = before_.created + now_.created,
          .updated = before_.updated + now_.updated,
          .unchanged = before_.unchanged + now_.unchanged,
          .refused = before_.refused + now_.refused + refused_here_};
}

void ImportSender::Fail(absl::Status failure) {
  if (failure_.ok()) failure_ = std::move(failure);
}

}  // namespace portico::cli

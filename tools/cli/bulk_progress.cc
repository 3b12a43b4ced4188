#include "tools/cli/bulk_progress.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

#include "tools/cli/enum_word.h"

namespace portico::cli {

namespace api = portico::invitation::v1;

namespace {

constexpr char kClearLine[] = "\r\x1b[K";
constexpr int kShortestBar = 10, kLongestBar = 40;

int64_t DoneOf(const api::BulkSendProgress& progress) {
  return progress.sent() + progress.bounced() + progress.failed() + progress.skipped() +
         progress.cancelled();
}

}  // namespace

std::string StateText(const api::BulkSend& bulk) {
  std::string text = EnumWord(*api::BulkSendState_descriptor(), bulk.state());
  if (!bulk.pause_reason().empty()) absl::StrAppend(&text, " (", bulk.pause_reason(), ")");
  return text;
}

std::string Describe(const api::BulkSend& bulk) {
  const api::BulkSendProgress& progress = bulk.progress();
  std::string text =
      absl::StrCat(StateText(bulk), ", ", DoneOf(progress), " of ", progress.total(),
                   " done: ", progress.sent(), " sent, ", progress.bounced(), " bounced, ",
                   progress.failed(), " failed, ", progress.skipped(), " skipped");
  if (progress.cancelled() > 0) absl::StrAppend(&text, ", ", progress.cancelled(), " cancelled");
  return text;
}

void BulkProgressBar::Show(const api::BulkSend& bulk) {
  out_ << (width_ > 0 ? kClearLine + Bar(bulk) : Describe(bulk) + "\n");
  out_.flush();
}

void BulkProgressBar::Tell(const std::string& text) {
  if (width_ > 0) out_ << kClearLine;
  out_ << text << '\n';
  out_.flush();
}

void BulkProgressBar::End() {
  if (width_ > 0) out_ << kClearLine;
  out_.flush();
}

std::string BulkProgressBar::Bar(const api::BulkSend& bulk) {
  const std::string text = Describe(bulk) + Pace(bulk);
  // A line that fills the terminal would go on in the next, and could not be written over.
  const int room = width_ - 1;
  const int length =
      std::min(room - static_cast<int>(text.size()) - 3, kLongestBar);  // For "[", "]" and " ".
  if (length < kShortestBar) return text.substr(0, static_cast<size_t>(std::max(room, 0)));
  const int64_t total = bulk.progress().total();
  const auto full = total == 0 ? 0 : static_cast<size_t>(length * DoneOf(bulk.progress()) / total);
  return absl::StrCat("[", std::string(full, '#'),
                      std::string(static_cast<size_t>(length) - full, '.'), "] ", text);
}

std::string BulkProgressBar::Pace(const api::BulkSend& bulk) {
  const absl::Time now = clock_.Now();
  const int64_t done = DoneOf(bulk.progress());
  // It starts anew with a pause, which says nothing of the pace.
  if (bulk.state() != state_ || done < done_then_) {
    state_ = bulk.state();
    since_ = now;
    done_then_ = done;
  }
  const double seconds = absl::ToDoubleSeconds(now - since_);
  if (bulk.state() != api::BULK_SEND_STATE_RUNNING || seconds < 1 || done == done_then_) return "";
  const double pace = static_cast<double>(done - done_then_) / seconds;
  const absl::Duration left =
      absl::Seconds(static_cast<double>(bulk.progress().total() - done) / pace);
  return absl::StrCat("; ", static_cast<int64_t>(pace + 0.5), " mails/s, ",
                      absl::FormatDuration(absl::Ceil(left, absl::Seconds(1))), " left");
}

}  // namespace portico::cli

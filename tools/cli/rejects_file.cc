#include "tools/cli/rejects_file.h"

#include <absl/strings/str_cat.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "libs/base/status_macros.h"
#include "tools/cli/csv_reader.h"

namespace portico::cli {
namespace {

constexpr std::string_view kLine = "rejected_line", kField = "rejected_field",
                           kReason = "rejected_reason";

// What is no JSON, or no UTF-8, is kept as text.
std::string JsonLine(const RefusedLine& refused, const std::string& raw) {
  nlohmann::ordered_json line = {
      {"line", refused.line}, {"field", refused.why.field}, {"reason", refused.why.description}};
  auto row = nlohmann::ordered_json::parse(raw, nullptr, /*allow_exceptions=*/false);
  line["row"] = row.is_discarded() ? nlohmann::ordered_json(raw) : std::move(row);
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

bool IsRejectsColumn(std::string_view header) {
  return header == kLine || header == kField || header == kReason;
}

RejectsFile::RejectsFile(std::string path, std::optional<CsvForm> csv, bool goes_on)
    : path_(std::move(path)), csv_(std::move(csv)), goes_on_(goes_on) {}

void RejectsFile::Begin() {
  if (goes_on_) return;
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path_, ignored)) std::filesystem::remove(path_, ignored);
  goes_on_ = true;
}

absl::Status RejectsFile::Open() {
  namespace fs = std::filesystem;
  std::error_code failure;
  Begin();
  const bool is_there = fs::is_regular_file(path_, failure);
  file_.open(path_, std::ios::binary | (is_there ? std::ios::app : std::ios::trunc));
  if (!file_) {
    return absl::UnknownError(absl::StrCat(path_, ": cannot be written"));
  }
  if (is_there) return absl::OkStatus();
  if (fs::is_regular_file(path_, failure)) {
    fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write, failure);
  }
  if (csv_.has_value()) {
    file_ << CsvLine({std::string(kLine), std::string(kField), std::string(kReason)},
                     csv_->separator)
          << csv_->separator << csv_->header << '\n';
  }
  return absl::OkStatus();
}

absl::Status RejectsFile::Add(const RefusedLine& refused, const std::string& raw) {
  if (!file_.is_open()) RETURN_IF_ERROR(Open());
  if (csv_.has_value()) {
    file_ << CsvLine({std::to_string(refused.line), refused.why.field, refused.why.description},
                     csv_->separator)
          << csv_->separator << raw << '\n';
  } else {
    file_ << JsonLine(refused, raw) << '\n';
  }
  if (!file_) return absl::UnknownError(absl::StrCat(path_, ": cannot be written"));
  return absl::OkStatus();
}

absl::Status RejectsFile::Close() {
  if (!file_.is_open()) return absl::OkStatus();
  file_.close();
  if (!file_) return absl::UnknownError(absl::StrCat(path_, ": cannot be written"));
  return absl::OkStatus();
}

}  // namespace portico::cli

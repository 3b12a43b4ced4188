#pragma once

#include <absl/status/statusor.h>

#include <vector>

#include "libs/storage/database.h"
#include "portico/contact/v1/contact_service.pb.h"

namespace portico::contact {

// Answers who may see what. Thread-safe. Answers storage's errors.
class AccessStore {
 public:
  explicit AccessStore(storage::Database& database) : database_(database) {}

  // In one read.
  absl::StatusOr<v1::CheckAccessResponse> Check(const v1::AccessQuestion& question) const;
  // All of one moment, in four reads however many they are.
  absl::StatusOr<v1::BatchCheckAccessResponse> CheckAll(
      const v1::BatchCheckAccessRequest& request) const;

 private:
  storage::Database& database_;
};

}  // namespace portico::contact

#pragma once

#include <memory>

#include "libs/rpc/stream.h"
#include "libs/storage/database.h"
#include "services/invitation/recipient_groups.h"

namespace portico::invitation {

// Recipients as CSV (RFC 4180), in parts of google.api.HttpBody, with a header.
class RecipientExport final : public rpc::StreamSource {
 public:
  RecipientExport(storage::Database& database, const RecipientGroups& groups,
                  RecipientChoice choice)
      : database_(database), groups_(groups), choice_(std::move(choice)) {}

  void SetWake(std::function<void()>) override {}
  absl::StatusOr<Next> Pull(google::protobuf::Message& message) override;
  std::unique_ptr<google::protobuf::Message> NewMessage() const override;

 private:
  storage::Database& database_;
  const RecipientGroups& groups_;
  const RecipientChoice choice_;
  bool begun_ = false;
  std::optional<RecipientPlace> next_ = RecipientPlace();
};

}  // namespace portico::invitation

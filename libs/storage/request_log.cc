#include "libs/storage/request_log.h"

#include <absl/strings/escaping.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"

namespace portico::storage {
namespace {

// Small, since every other write waits behind a batch.
constexpr int64_t kForgetBatch = 1000;

}  // namespace

absl::StatusOr<std::optional<std::string>> RequestLog::Claim(Session& session, std::string_view rpc,
                                                             std::string_view request_id,
                                                             std::string_view fingerprint,
                                                             std::string_view resource_id) const {
  if (request_id.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(
      const int64_t claimed,
      session.Execute(
          "insert into request_log (rpc, request_id, fingerprint, resource_id, create_time) "
          "values (:rpc, :request_id, :fingerprint, :resource_id, :create_time) "
          "on conflict do nothing",
          rpc, request_id, fingerprint, resource_id, ToMicros(clock_.Now())));
  if (claimed > 0) return std::nullopt;
  ASSIGN_OR_RETURN(auto found, Find(session, rpc, request_id, fingerprint));
  if (!found.has_value()) return absl::AbortedError("request_id: was forgotten at this moment");
  return found;
}

absl::StatusOr<std::optional<std::string>> RequestLog::Find(Session& session, std::string_view rpc,
                                                            std::string_view request_id,
                                                            std::string_view fingerprint) const {
  if (request_id.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(const auto row, (session.SelectOne<std::string, std::string>(
                                       "select fingerprint, resource_id from request_log "
                                       "where rpc = :rpc and request_id = :request_id",
                                       rpc, request_id)));
  if (!row.has_value()) return std::nullopt;
  const auto& [recorded, made] = *row;
  if (recorded != fingerprint) {
    return absl::AlreadyExistsError("request_id: was used with other content");
  }
  return made;
}

absl::Duration RequestLog::Forget(Database& database) const {
  const auto forgotten = database.Write([this](Session& session) {
    return session.Execute(
        "delete from request_log where (rpc, request_id) in "
        "(select rpc, request_id from request_log where create_time < :create_time "
        "order by create_time limit :count)",
        ToMicros(clock_.Now() - kRequestMemory), kForgetBatch);
  });
  return forgotten.ok() && *forgotten == kForgetBatch ? absl::Milliseconds(100) : absl::Hours(1);
}

std::string Fingerprint(const google::protobuf::Message& request) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);  // Maps in one order.
    request.SerializeToCodedStream(&coded);
  }
  return absl::BytesToHexString(Sha256(bytes));
}

}  // namespace portico::storage

#include "services/registration/session_metadata.h"

#include <string>

namespace portico::registration {

void HandOver(const NewSession& session, rpc::Call& call) {
  call.response_metadata.emplace(rpc::kSessionMetadata, session.token.token.Reveal());
  call.response_metadata.emplace(rpc::kSessionMaxAgeMetadata,
                                 std::to_string(absl::ToInt64Seconds(session.max_age)));
}

void TakeBack(rpc::Call& call) { call.response_metadata.emplace(rpc::kSessionEndedMetadata, "1"); }

}  // namespace portico::registration

#pragma once

#include "libs/rpc/call.h"
#include "services/registration/session_store.h"

// How a session travels: in metadata, which the gateway turns into a cookie.
namespace portico::registration {

void HandOver(const NewSession& session, rpc::Call& call);

void TakeBack(rpc::Call& call);

}  // namespace portico::registration

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/events/event_handler.h"
#include "libs/rpc/peer.h"
#include "libs/rpc/stream.h"
#include "libs/storage/database.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

// Makes the projection of recipients anew: has the owners of accounts, contacts and portal users
// tell all that there is, as to a consumer that begins, and counts every segment again. What is
// told counts where it is no older than what is known, so that all else may go on. Thread-safe.
class RecipientRebuild {
 public:
  struct Source {
    std::string name;  // "accounts"
    rpc::Peer& peer;
    events::EventHandler& handler;
  };

  RecipientRebuild(storage::Database& database, const Stores& stores, std::vector<Source> sources)
      : database_(database), stores_(stores), sources_(std::move(sources)) {}

  // It is done as the stream is read, and broken off with it.
  std::unique_ptr<rpc::StreamSource> Begin();

 private:
  class Run;

  storage::Database& database_;
  const Stores& stores_;
  const std::vector<Source> sources_;
};

}  // namespace portico::invitation

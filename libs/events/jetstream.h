#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <nats/nats.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "portico/events/v1/events.pb.h"

// What libs/events asks of a NATS server, over its C client.
namespace portico::events {

template <auto destroy>
struct NatsDeleter {
  template <class T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};
using NatsOptions = std::unique_ptr<natsOptions, NatsDeleter<natsOptions_Destroy>>;
using NatsConnection = std::unique_ptr<natsConnection, NatsDeleter<natsConnection_Destroy>>;
using NatsMessage = std::unique_ptr<natsMsg, NatsDeleter<natsMsg_Destroy>>;
using NatsSubscription = std::unique_ptr<natsSubscription, NatsDeleter<natsSubscription_Destroy>>;
using JetStream = std::unique_ptr<jsCtx, NatsDeleter<jsCtx_Destroy>>;
using JetStreamInfo = std::unique_ptr<jsStreamInfo, NatsDeleter<jsStreamInfo_Destroy>>;

// UNAVAILABLE with what the client says went wrong, or OK.
absl::Status FromNats(natsStatus status, std::string_view doing);

// "portico-contact": the stream that mirrors the log of a source.
std::string StreamName(std::string_view source);
// "portico.contact.3.>": everything of a part of it; of all parts with "*".
std::string SubjectsOf(std::string_view source, std::string_view part);
// "portico.contact.3.ContactCreated"
std::string SubjectOf(const portico::events::v1::Event& event);

// NOT_FOUND: there is none.
absl::StatusOr<JetStreamInfo> FindStream(jsCtx* stream, std::string_view source);

// The first message at or after a sequence number, or the last one, of those subjects.
// NOT_FOUND: there is none. DATA_LOSS: it is no event.
struct Stored {
  uint64_t sequence = 0;
  portico::events::v1::Event event;
};
absl::StatusOr<Stored> FirstFrom(jsCtx* stream, std::string_view source,
                                 const std::string& subjects, uint64_t sequence);
absl::StatusOr<Stored> LastOf(jsCtx* stream, std::string_view source, const std::string& subjects);

// The sequence number from which on every message's event is past a position.
absl::StatusOr<uint64_t> SequenceAfter(jsCtx* stream, std::string_view source, int64_t position);

absl::StatusOr<portico::events::v1::Event> EventIn(natsMsg* message);

}  // namespace portico::events

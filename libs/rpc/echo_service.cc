#include "libs/rpc/echo_service.h"

#include <map>
#include <stdexcept>
#include <utility>

#include "libs/base/clock.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "libs/rpc/validation.h"

namespace portico::rpc {

struct EchoService::Streams {
  mutable absl::Mutex mutex;
  int64_t allowed = 0;
  std::map<Counter*, std::function<void()>> wakes;
};

class EchoService::Counter final : public StreamSource {
 public:
  Counter(std::shared_ptr<Streams> streams, int64_t to) : streams_(std::move(streams)), to_(to) {}
  ~Counter() override {
    absl::MutexLock lock(&streams_->mutex);
    streams_->wakes.erase(this);
  }
  void SetWake(std::function<void()> wake) override {
    absl::MutexLock lock(&streams_->mutex);
    streams_->wakes[this] = std::move(wake);
  }
  absl::StatusOr<Next> Pull(google::protobuf::Message& message) override {
    if (to_ > 0 && number_ == to_) return Next::kEnd;
    absl::MutexLock lock(&streams_->mutex);
    if (number_ >= streams_->allowed) return Next::kWait;
    static_cast<testing_protos::CountResponse&>(message).set_number(++number_);
    return Next::kMessage;
  }
  std::unique_ptr<google::protobuf::Message> NewMessage() const override {
    return std::make_unique<testing_protos::CountResponse>();
  }

 private:
  const std::shared_ptr<Streams> streams_;
  const int64_t to_;
  int64_t number_ = 0;
};

std::shared_ptr<EchoService::Streams> EchoService::MakeStreams() {
  return std::make_shared<Streams>();
}

void EchoService::Register(Server& server) {
  server.Handle(this, &EchoService::Echo);
  server.Handle(this, &EchoService::HeldEcho);
  server.Handle(this, &EchoService::StaffEcho);
  server.Handle(this, &EchoService::ServiceEcho);
  server.Handle(this, &EchoService::UserEcho);
  server.Handle(this, &EchoService::UpdateThing);
  server.HandleStream(this, &EchoService::Count);
  server.HandleExchange<testing_protos::AddRequest>(this, &EchoService::Add);
}

void EchoService::Allow(int64_t number) {
  absl::MutexLock lock(&streams_->mutex);
  streams_->allowed = number;
  for (const auto& [counter, wake] : streams_->wakes) wake();
}

int EchoService::open_streams() const {
  absl::MutexLock lock(&streams_->mutex);
  return static_cast<int>(streams_->wakes.size());
}

absl::StatusOr<testing_protos::EchoResponse> EchoService::Echo(
    Call& call, const testing_protos::EchoRequest& request) {
  on_echo(call);
  if (request.behaviour() == "throw") throw std::runtime_error("secret detail");
  if (request.behaviour() == "INTERNAL") return absl::InternalError("secret detail");
  if (request.behaviour() == "ABORTED") {
    return ErrorWithReason(absl::StatusCode::kAborted, "A_REASON", "a message", {{"key", "value"}});
  }
  if (request.behaviour().find(": ") != std::string::npos) {
    return absl::InvalidArgumentError(request.behaviour());
  }
  testing_protos::EchoResponse response;
  *response.mutable_thing() = request.thing();
  call.response_metadata["echoed"] = "yes";
  if (request.behaviour() == "deadline") {
    response.set_text(call.deadline < SteadyClock().Now() + absl::Seconds(30) ? "soon" : "late");
  }
  if (request.behaviour() == "authorization") {
    response.set_text(std::string(call.Metadata("authorization")));
  }
  return response;
}

void EchoService::HeldEcho(Call&, const testing_protos::HeldEchoRequest& request,
                           const HeldReply& reply) {
  on_held_echo(request, reply);
}

absl::StatusOr<testing_protos::StaffEchoResponse> EchoService::StaffEcho(
    Call& call, const testing_protos::StaffEchoRequest&) {
  testing_protos::StaffEchoResponse response;
  response.set_subject(call.caller.subject);
  return response;
}

absl::StatusOr<testing_protos::ServiceEchoResponse> EchoService::ServiceEcho(
    Call& call, const testing_protos::ServiceEchoRequest&) {
  testing_protos::ServiceEchoResponse response;
  response.set_subject(call.caller.subject);
  return response;
}

absl::StatusOr<testing_protos::UserEchoResponse> EchoService::UserEcho(
    Call& call, const testing_protos::UserEchoRequest&) {
  testing_protos::UserEchoResponse response;
  response.set_subject(call.caller.subject);
  return response;
}

absl::StatusOr<testing_protos::UpdateThingResponse> EchoService::UpdateThing(
    Call&, const testing_protos::UpdateThingRequest& request) {
  testing_protos::UpdateThingResponse response;
  testing_protos::Thing& thing = *response.mutable_thing();
  thing.set_id(request.thing().id());
  thing.set_name("old");
  thing.set_note("old");
  thing.set_etag("1");
  const absl::Status status =
      ApplyUpdate("thing", request.thing(), request.update_mask(), thing);
  if (!status.ok()) return status;
  return response;
}

class EchoService::Adder final : public Exchange {
 public:
  absl::StatusOr<bool> Take(google::protobuf::Message& request,
                            google::protobuf::Message& answer) override {
    int64_t sum = 0;
    for (auto& addend : *static_cast<testing_protos::AddRequest&>(request).mutable_addends()) {
      const absl::Status status = rules_.Check(addend);
      if (!status.ok()) return status;
      if (addend.number() == 0) throw std::runtime_error("zero");
      sum += addend.number();
    }
    total_ += sum;
    static_cast<testing_protos::AddResponse&>(answer).set_sum(sum);
    return sum != 0;
  }

  absl::StatusOr<bool> End(google::protobuf::Message& answer) override {
    static_cast<testing_protos::AddResponse&>(answer).set_sum(total_);
    return true;
  }

 private:
  const Validator rules_{*testing_protos::Addend::descriptor()};
  int64_t total_ = 0;
};

absl::StatusOr<std::unique_ptr<Exchange>> EchoService::Add(Call&) {
  return std::make_unique<Adder>();
}

absl::StatusOr<std::unique_ptr<StreamSource>> EchoService::Count(
    Call&, const testing_protos::CountRequest& request) {
  if (request.to() < 0)
    return InvalidField("to", "got a negative number, want none or a positive one");
  return std::make_unique<Counter>(streams_, request.to());
}

}  // namespace portico::rpc

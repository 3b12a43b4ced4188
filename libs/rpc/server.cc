#include "libs/rpc/server.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "libs/base/background_loop.h"
#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/log/trace.h"
#include "libs/rpc/admission.h"
#include "libs/rpc/byte_buffer.h"
#include "libs/rpc/call_scope.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/method.h"
#include "libs/rpc/metrics.h"
#include "libs/rpc/pending_unary.h"
#include "libs/rpc/served_exchange.h"
#include "libs/rpc/served_stream.h"
#include "libs/rpc/status_conversion.h"
#include "libs/rpc/stream.h"
#include "libs/rpc/worker_pool.h"

namespace portico::rpc {

using google::protobuf::Descriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

namespace {

// What calls that begin when a connection is at its age have to finish, beyond what streams have.
constexpr int kGraceMs = 30 * 1000;
constexpr absl::Duration kLookForOldStreams = absl::Seconds(1);

// A gRPC service of raw methods: bytes in, bytes out.
class RawService final : public grpc::Service {
 public:
  using Unary = grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>;
  using Stream = grpc::internal::CallbackServerStreamingHandler<grpc::ByteBuffer, grpc::ByteBuffer>;
  using Exchange = grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, grpc::ByteBuffer>;
  using Type = grpc::internal::RpcMethod::RpcType;

  // `path` must live as long as the service.
  void Add(const std::string& path, Type type, grpc::internal::MethodHandler* handler) {
    AddMethod(new grpc::internal::RpcServiceMethod(path.c_str(), type, nullptr));
    MarkMethodRawCallback(count_++, handler);
  }

 private:
  int count_ = 0;
};

const Message* PrototypeOf(const Descriptor& message) {
  return google::protobuf::MessageFactory::generated_factory()->GetPrototype(&message);
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, auth::TokenVerifier& verifier, Metrics& metrics, SessionLookup lookup)
      : options_(std::move(options)),
        metrics_(metrics),
        admission_(verifier, std::move(lookup)),
        pool_(options_.workers, options_.queue),
        unary_{admission_, pool_,
               [this](const Endpoint& endpoint, const absl::Status& status, absl::Duration took) {
                 Record(endpoint, status, took);
               }} {
    metrics_.Gauge("portico_rpc_queue_depth", "Calls that wait for a worker", {},
                   [this] { return static_cast<double>(pool_.waiting()); });
  }

  void AddUnary(const Descriptor& request, const Descriptor& response, UnaryHandler handler) {
    Endpoint* endpoint = AddEndpoint(request);
    if (endpoint == nullptr) return;
    if (endpoint->method->output_type() != &response || endpoint->method->server_streaming() ||
        endpoint->method->client_streaming()) {
      return Refuse(absl::StrCat(endpoint->path, ": the handler answers another message"));
    }
    ServiceOf(*endpoint).Add(
        endpoint->path, RawService::Type::NORMAL_RPC,
        new RawService::Unary(
            [this, endpoint, handler = std::move(handler)](grpc::CallbackServerContext* context,
                                                           const grpc::ByteBuffer* request_bytes,
                                                           grpc::ByteBuffer* response_bytes) {
              return ServeUnary(*endpoint, handler, context, request_bytes, response_bytes);
            }));
  }

  void AddStream(const Descriptor& request, StreamHandler handler) {
    Endpoint* endpoint = AddEndpoint(request);
    if (endpoint == nullptr) return;
    if (!endpoint->method->server_streaming() || endpoint->method->client_streaming()) {
      return Refuse(absl::StrCat(endpoint->path, ": it is no server stream"));
    }
    ServiceOf(*endpoint).Add(endpoint->path, RawService::Type::SERVER_STREAMING,
                             new RawService::Stream([this, endpoint, handler = std::move(handler)](
                                                        grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request_bytes) {
                               return ServeStream(*endpoint, handler, context, request_bytes);
                             }));
  }

  void AddExchange(const Descriptor& request, ExchangeHandler handler) {
    Endpoint* endpoint = AddEndpoint(request);
    if (endpoint == nullptr) return;
    if (!endpoint->method->server_streaming() || !endpoint->method->client_streaming()) {
      return Refuse(absl::StrCat(endpoint->path, ": it is no two-way stream"));
    }
    ServiceOf(*endpoint).Add(
        endpoint->path, RawService::Type::BIDI_STREAMING,
        new RawService::Exchange(
            [this, endpoint, handler = std::move(handler)](grpc::CallbackServerContext* context) {
              return ServeExchange(*endpoint, handler, context);
            }));
  }

  absl::Status Start() {
    RETURN_IF_ERROR(refused_);
    RETURN_IF_ERROR(CheckComplete());
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    builder.AddListeningPort(
        options_.listen,
        options_.credentials != nullptr ? options_.credentials : grpc::InsecureServerCredentials(),
        &port_);
    builder.SetMaxReceiveMessageSize(static_cast<int>(options_.max_request_bytes));
    // Clients look for replicas again, and a rolling replacement spreads the load anew. A
    // connection then stays for the streams on it, which end before.
    const int64_t age_ms = absl::ToInt64Milliseconds(options_.max_connection_age);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, static_cast<int>(age_ms));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                               static_cast<int>(age_ms) + kGraceMs);
    // Below the clients' keepalive, which the default (5 minutes) would reject.
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10 * 1000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60 * 1000);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // A second process must not share it.
    for (auto& [descriptor, service] : services_) builder.RegisterService(service.get());
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      return absl::UnavailableError(absl::StrCat("cannot listen on ", options_.listen));
    }
    SetServing(true);
    aging_ = std::make_unique<BackgroundLoop>("streams", [this] { return EndOldStreams(); });
    return absl::OkStatus();
  }

  int port() const { return port_; }

  void SetServing(bool serving) {
    if (server_ == nullptr) return;
    auto* health = server_->GetHealthCheckService();
    health->SetServingStatus(serving);
    for (const auto& [descriptor, service] : services_) {
      health->SetServingStatus(descriptor->full_name(), serving);
    }
    if (!serving) EndStreams(SteadyClock().Now());
  }

  void Shutdown() {
    if (server_ == nullptr) return;
    aging_.reset();
    SetServing(false);
    absl::SleepFor(options_.drain_delay);
    {
      absl::MutexLock lock(&mutex_);
      draining_ = true;
    }
    EndStreams(SteadyClock().Now());
    server_->Shutdown(std::chrono::system_clock::now() +
                      absl::ToChronoMilliseconds(options_.drain_time));
    server_->Wait();
    pool_.Stop();
    server_.reset();
  }

 private:
  Endpoint* AddEndpoint(const Descriptor& request) {
    const MethodDescriptor* method = MethodOf(request);
    if (method == nullptr) {
      Refuse(absl::StrCat(request.full_name(), " is the request of no RPC"));
      return nullptr;
    }
    auto access = AccessOf(*method);
    if (!access.ok()) {
      Refuse(access.status().message());
      return nullptr;
    }
    auto field_access = FieldAccessOf(*method);
    if (!field_access.ok()) {
      Refuse(field_access.status().message());
      return nullptr;
    }
    endpoints_.push_back(std::make_unique<Endpoint>(
        Endpoint{method, PathOf(*method), *std::move(access), *std::move(field_access),
                 std::make_unique<Validator>(request), PrototypeOf(request),
                 PrototypeOf(*method->output_type())}));
    return endpoints_.back().get();
  }

  RawService& ServiceOf(const Endpoint& endpoint) {
    auto& service = services_[endpoint.method->service()];
    if (service == nullptr) service = std::make_unique<RawService>();
    return *service;
  }

  void Refuse(absl::string_view why) {
    if (refused_.ok()) refused_ = absl::FailedPreconditionError(why);
  }

  // A half-served service would answer UNIMPLEMENTED to callers of the contract.
  absl::Status CheckComplete() const {
    if (options_.is_stand_in) return absl::OkStatus();
    absl::flat_hash_set<const MethodDescriptor*> served;
    for (const auto& endpoint : endpoints_) served.insert(endpoint->method);
    for (const auto& [service, raw] : services_) {
      for (int m = 0; m < service->method_count(); ++m) {
        if (!served.contains(service->method(m))) {
          return absl::FailedPreconditionError(
              absl::StrCat(service->method(m)->full_name(), " has no handler"));
        }
      }
    }
    return absl::OkStatus();
  }

  grpc::ServerUnaryReactor* ServeUnary(const Endpoint& endpoint, const UnaryHandler& handler,
                                       grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    auto call = std::make_shared<PendingUnary>(
        unary_, endpoint, handler, PendingUnary::Wire{*context, *reactor, *request, *response});
    if (!pool_.TrySubmit([call] { call->Run(); })) call->Refuse(Overloaded(endpoint));
    return reactor;
  }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* ServeStream(const Endpoint& endpoint,
                                                          const StreamHandler& handler,
                                                          grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request) {
    const absl::Time start = SteadyClock().Now();
    auto open = [=, this, &endpoint, &handler]() -> absl::StatusOr<std::unique_ptr<StreamSource>> {
      const log::TraceScope trace(TraceIdOf(*context));
      ASSIGN_OR_RETURN(Call call, admission_.Admit(endpoint, *context));
      ASSIGN_OR_RETURN(const auto message, Admission::Read(endpoint, call.caller, *request));
      absl::StatusOr<std::unique_ptr<StreamSource>> source;
      RETURN_IF_ERROR(Guard([&] {
        source = handler(call, *message);
        return source.status();
      }));
      return source;
    };
    auto done = [=, this, &endpoint](ServedStream* stream, const absl::Status& status) {
      Forget(endpoint, stream, status, start);
    };
    return Begin(std::make_shared<ServedStream>(pool_, std::move(open), std::move(done)));
  }

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ServeExchange(
      const Endpoint& endpoint, const ExchangeHandler& handler,
      grpc::CallbackServerContext* context) {
    const absl::Time start = SteadyClock().Now();
    const std::string trace_id = TraceIdOf(*context);
    const auto call = std::make_shared<Call>();
    ServedExchange::Steps steps;
    steps.open = [=, this, &endpoint, &handler]() -> absl::StatusOr<std::unique_ptr<Exchange>> {
      const log::TraceScope trace(trace_id);
      ASSIGN_OR_RETURN(*call, admission_.Admit(endpoint, *context));
      absl::StatusOr<std::unique_ptr<Exchange>> exchange;
      RETURN_IF_ERROR(Guard([&] {
        exchange = handler(*call);
        return exchange.status();
      }));
      return exchange;
    };
    steps.read = [&endpoint, call](const grpc::ByteBuffer& bytes) {
      return Admission::Read(endpoint, call->caller, bytes);
    };
    steps.new_answer = [&endpoint] { return std::unique_ptr<Message>(endpoint.response->New()); };
    steps.within = [=](absl::FunctionRef<absl::StatusOr<bool>()> step) -> absl::StatusOr<bool> {
      const log::TraceScope trace(log::Trace{trace_id, call->caller.subject});
      const CallScope scope(call->deadline);
      absl::StatusOr<bool> result;
      RETURN_IF_ERROR(Guard([&] {
        result = step();
        return result.status();
      }));
      return result;
    };
    auto done = [=, this, &endpoint](ServedExchange* exchange, const absl::Status& status) {
      Forget(endpoint, exchange, status, start);
    };
    return Begin(std::make_shared<ServedExchange>(pool_, std::move(steps), std::move(done)));
  }

  template <class Served>
  Served* Begin(const std::shared_ptr<Served>& served) {
    bool draining;
    {
      absl::MutexLock lock(&mutex_);
      draining = draining_;
      streams_[served.get()] = served;
    }
    if (draining) served->End(OpenAgain());
    served->Start();
    return served.get();
  }

  void Forget(const Endpoint& endpoint, ServedCall* served, const absl::Status& status,
              absl::Time start) {
    Record(endpoint, status, SteadyClock().Now() - start);
    absl::MutexLock lock(&mutex_);
    streams_.erase(served);
  }

  static absl::Status OpenAgain() {
    return ErrorWithReason(absl::StatusCode::kUnavailable, kOpenAgain,
                           "the stream is to be opened again");
  }

  // Those that began until then: one would last as long as its client.
  void EndStreams(absl::Time until) {
    std::vector<std::shared_ptr<ServedCall>> streams;
    {
      absl::MutexLock lock(&mutex_);
      for (const auto& [key, stream] : streams_) {
        if (stream->start() <= until) streams.push_back(stream);
      }
    }
    for (const auto& stream : streams) stream->End(OpenAgain());
  }

  absl::Duration EndOldStreams() {
    EndStreams(SteadyClock().Now() - options_.max_connection_age);
    return std::min(options_.max_connection_age, kLookForOldStreams);
  }

  template <class Work>
  static absl::Status Guard(Work work) {
    try {
      return work();
    } catch (const std::exception& error) {
      log::Error("a handler threw", {{"what", typeid(error).name()}});
      return absl::InternalError("a handler threw");
    }
  }

  absl::Status Overloaded(const Endpoint& endpoint) {
    metrics_.RecordRpc(endpoint.path, absl::StatusCode::kResourceExhausted, absl::ZeroDuration());
    return RetryAfter(absl::ResourceExhaustedError("too many calls are waiting"), absl::Seconds(1));
  }

  void Record(const Endpoint& endpoint, const absl::Status& status, absl::Duration duration) {
    metrics_.RecordRpc(endpoint.path, status.code(), duration);
    const double milliseconds = absl::ToDoubleMilliseconds(duration);
    const bool ours = status.code() == absl::StatusCode::kInternal ||
                      status.code() == absl::StatusCode::kUnknown ||
                      status.code() == absl::StatusCode::kDataLoss;
    if (ours) {
      log::Error("rpc", {{"method", endpoint.path},
                         {"code", CodeName(status.code())},
                         {"ms", milliseconds},
                         {"error", std::string(status.message())}});
    } else {
      log::Info(
          "rpc",
          {{"method", endpoint.path}, {"code", CodeName(status.code())}, {"ms", milliseconds}});
    }
  }

  const ServerOptions options_;
  Metrics& metrics_;
  Admission admission_;
  WorkerPool pool_;
  const PendingUnary::Server unary_;
  absl::Status refused_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::map<const ServiceDescriptor*, std::unique_ptr<RawService>> services_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<BackgroundLoop> aging_;

  absl::Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<ServedCall*, std::shared_ptr<ServedCall>> streams_ ABSL_GUARDED_BY(mutex_);
};

Server::Server(ServerOptions options, auth::TokenVerifier& verifier, Metrics& metrics,
               SessionLookup session_lookup)
    : impl_(std::make_unique<Impl>(std::move(options), verifier, metrics,
                                   std::move(session_lookup))) {}

Server::~Server() { Shutdown(); }

absl::Status Server::Start() { return impl_->Start(); }
int Server::port() const { return impl_->port(); }
void Server::SetServing(bool serving) { impl_->SetServing(serving); }
void Server::Shutdown() { impl_->Shutdown(); }

void Server::AddUnary(const Descriptor& request, const Descriptor& response, UnaryHandler handler) {
  impl_->AddUnary(request, response, std::move(handler));
}

void Server::AddStream(const Descriptor& request, StreamHandler handler) {
  impl_->AddStream(request, std::move(handler));
}

void Server::AddExchange(const Descriptor& request, ExchangeHandler handler) {
  impl_->AddExchange(request, std::move(handler));
}

}  // namespace portico::rpc

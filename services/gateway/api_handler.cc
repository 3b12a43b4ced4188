#include "services/gateway/api_handler.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "libs/log/log.h"
#include "libs/rpc/call.h"
#include "services/gateway/cross_site.h"
#include "services/gateway/error_answer.h"
#include "services/gateway/media_type.h"
#include "services/gateway/session_cookie.h"

namespace portico::gateway {
namespace {

// gRPC aborts the process on metadata that is anything else.
bool IsPrintableAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// Why the request is refused before it is looked into; nullopt when it is not.
std::optional<HttpResponse> Refusal(const Route& route, const HttpRequest& request,
                                    bool has_session) {
  if (IsCrossSite(request, has_session)) {
    return ErrorAnswer(absl::PermissionDeniedError("the request comes from another site's page"));
  }
  const std::string_view type = request.Header("content-type");
  if (route.takes_body() && !TakesRawBody(route) && !type.empty() && !IsJson(type)) {
    return ErrorAnswer(415, absl::StatusCode::kInvalidArgument,
                       "Content-Type: want application/json");
  }
  if (!IsPrintableAscii(request.Header("authorization"))) {
    return ErrorAnswer(absl::InvalidArgumentError("Authorization: want printable characters"));
  }
  return std::nullopt;
}

Metadata MetadataOf(const HttpRequest& request, const ClientOrigin& origin,
                    const std::optional<std::string>& session) {
  Metadata metadata = {{"x-forwarded-for", origin.address}};
  const std::string_view authorization = request.Header("authorization");
  if (!authorization.empty()) metadata.emplace("authorization", authorization);
  if (session.has_value()) metadata.emplace(rpc::kSessionMetadata, *session);
  return metadata;
}

void AddSessionCookie(HttpResponse& response, const RpcAnswer& answer, const Reply& reply) {
  if (const auto cookie = SessionCookie(answer.trailers, reply.facts().https)) {
    response.headers.emplace_back("Set-Cookie", *cookie);
  }
}

void Abandon(RpcStream& stream, const absl::Status& cause) {
  log::Error("cannot show a message of a stream", {{"cause", cause.ToString()}});
  stream.Cancel();
  stream.Next();
}

std::string Event(const std::string& json) { return absl::StrCat("data: ", json, "\n\n"); }
std::string ErrorEvent(const std::string& json) {
  return absl::StrCat("event: error\ndata: ", json, "\n\n");
}
std::string Line(const std::string& json) { return absl::StrCat(json, "\n"); }

}  // namespace

void ApiHandler::Handle(const Router::Match& match, const HttpRequest& request,
                        const ClientOrigin& origin, std::shared_ptr<Reply> reply) const {
  const Route& route = *match.route;
  const std::optional<std::string> session = SessionToken(request, origin.https);
  if (std::optional<HttpResponse> refusal = Refusal(route, request, session.has_value())) {
    return reply->Send(*std::move(refusal));
  }
  absl::StatusOr<std::string> message = transcoder_.Request(route, match.path_values, request);
  if (!message.ok()) return reply->Send(ErrorAnswer(message.status()));

  RpcRequest call{.package = route.rpc->file()->package(),
                  .path = route.rpc_path,
                  .message = *std::move(message),
                  .metadata = MetadataOf(request, origin, session),
                  .trace_id = reply->facts().trace_id};
  if (!route.rpc->server_streaming()) return CallUnary(route, std::move(call), std::move(reply));
  if (GivesRawBody(route)) return CallRawStream(route, std::move(call), std::move(reply));
  CallStream(route, std::move(call), Accepts(request.Header("accept"), "text/event-stream"),
             std::move(reply));
}

void ApiHandler::CallUnary(const Route& route, RpcRequest call,
                           std::shared_ptr<Reply> reply) const {
  auto cancel =
      client_.CallUnary(std::move(call), call_timeout_, [this, &route, reply](RpcAnswer answer) {
        absl::StatusOr<Transcoder::Content> content =
            answer.status.ok() ? transcoder_.Answer(route, std::move(answer.message))
                               : absl::StatusOr<Transcoder::Content>(answer.status);
        HttpResponse response;
        if (content.ok()) {
          response.headers.emplace_back("Content-Type", std::move(content->type));
          response.body = std::move(content->bytes);
        } else {
          response = ErrorAnswer(content.status());
        }
        AddSessionCookie(response, answer, *reply);
        reply->Send(std::move(response));
      });
  reply->OnClientGone(std::move(cancel));
}

void ApiHandler::CallStream(const Route& route, RpcRequest call, bool as_events,
                            std::shared_ptr<Reply> reply) const {
  HttpResponse head;
  head.headers.emplace_back("Content-Type",
                            as_events ? "text/event-stream" : "application/x-ndjson");
  reply->StartStream(std::move(head), as_events ? ": still here\n\n" : "");
  const auto stream = client_.OpenStream(
      std::move(call),
      [this, &route, as_events, reply](std::string message, std::shared_ptr<RpcStream> from) {
        const auto content = transcoder_.Answer(route, std::move(message));
        if (!content.ok()) return Abandon(*from, content.status());
        reply->Write(as_events ? Event(content->bytes) : Line(content->bytes),
                     [from] { from->Next(); });
      },
      [as_events, reply](RpcAnswer answer) {
        if (answer.status.ok()) return reply->EndStream();
        HttpResponse error = ErrorAnswer(answer.status);
        std::string last = as_events ? ErrorEvent(error.body) : Line(error.body);
        reply->FailStream(std::move(error), std::move(last));
      });
  reply->OnClientGone([stream] { stream->Cancel(); });
}

void ApiHandler::CallRawStream(const Route& route, RpcRequest call,
                               std::shared_ptr<Reply> reply) const {
  const auto started = std::make_shared<std::atomic<bool>>(false);
  const auto stream = client_.OpenStream(
      std::move(call),
      [this, &route, reply, started](std::string message, std::shared_ptr<RpcStream> from) {
        auto content = transcoder_.Answer(route, std::move(message));
        if (!content.ok()) return Abandon(*from, content.status());
        if (!started->exchange(true)) {
          HttpResponse head;
          head.headers.emplace_back("Content-Type", std::move(content->type));
          reply->StartStream(std::move(head), "");
        }
        reply->Write(std::move(content->bytes), [from] { from->Next(); });
      },
      [reply, started](RpcAnswer answer) {
        if (!answer.status.ok() && *started) {
          reply->CutStream(HttpStatusOf(answer.status.code()));
        } else if (!answer.status.ok()) {
          reply->Send(ErrorAnswer(answer.status));
        } else {
          if (!*started) reply->StartStream({}, "");
          reply->EndStream();
        }
      });
  reply->OnClientGone([stream] { stream->Cancel(); });
}

}  // namespace portico::gateway

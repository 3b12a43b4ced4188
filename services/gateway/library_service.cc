#include "services/gateway/library_service.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "libs/rpc/errors.h"
#include "libs/settings/read_file.h"

namespace portico::gateway {
namespace {

using google::api::HttpBody;

class Watch final : public rpc::StreamSource {
 public:
  Watch(library::WatchBookRequest request, absl::Notification& closed)
      : request_(std::move(request)), closed_(closed) {}
  ~Watch() override {
    if (request_.rest()) closed_.Notify();
  }

  void SetWake(std::function<void()>) override {}

  absl::StatusOr<Next> Pull(google::protobuf::Message& message) override {
    if (time_ < request_.times()) {
      static_cast<library::WatchBookResponse&>(message).set_time(++time_);
      return Next::kMessage;
    }
    if (request_.rest()) return Next::kWait;
    if (request_.fail()) return absl::NotFoundError("the book is lost");
    return Next::kEnd;
  }

  std::unique_ptr<google::protobuf::Message> NewMessage() const override {
    return std::make_unique<library::WatchBookResponse>();
  }

 private:
  const library::WatchBookRequest request_;
  absl::Notification& closed_;
  int time_ = 0;
};

class Export final : public rpc::StreamSource {
 public:
  void SetWake(std::function<void()>) override {}

  absl::StatusOr<Next> Pull(google::protobuf::Message& message) override {
    if (line_ == 3) return Next::kEnd;
    auto& body = static_cast<HttpBody&>(message);
    body.set_content_type("text/csv");
    body.set_data(line_ == 0 ? "id,title\r\n" : absl::StrCat("b", line_, ",\"Title\"\r\n"));
    ++line_;
    return Next::kMessage;
  }

  std::unique_ptr<google::protobuf::Message> NewMessage() const override {
    return std::make_unique<HttpBody>();
  }

 private:
  int line_ = 0;
};

}  // namespace

const std::string& LibraryDescriptors() {
  static const std::string bytes = settings::ReadFile(LIBRARY_DESCRIPTORS).value();
  return bytes;
}

const ApiDescriptors& LibraryApi() {
  static const std::unique_ptr<ApiDescriptors> api =
      ApiDescriptors::Load(LibraryDescriptors()).value();
  return *api;
}

void LibraryService::Register(rpc::Server& server) {
  server.Handle(this, &LibraryService::CreateBook);
  server.Handle(this, &LibraryService::GetBook);
  server.Handle(this, &LibraryService::ListBooks);
  server.Handle(this, &LibraryService::UpdateBook);
  server.Handle(this, &LibraryService::ReturnBook);
  server.Handle(this, &LibraryService::BeginVisit);
  server.Handle(this, &LibraryService::EndVisit);
  server.Handle(this, &LibraryService::GetVisitor);
  server.HandleStream(this, &LibraryService::WatchBook);
  server.Handle(this, &LibraryService::KeepNote);
  server.HandleStream(this, &LibraryService::ExportBooks);
  server.Handle(this, &LibraryService::BurnBooks);
}

absl::StatusOr<library::CreateBookResponse> LibraryService::CreateBook(
    rpc::Call&, const library::CreateBookRequest& request) {
  if (request.request_id() == "used") {
    return rpc::ErrorWithReason(absl::StatusCode::kAlreadyExists, "REQUEST_ID_USED",
                                "the request id was used");
  }
  library::CreateBookResponse response;
  *response.mutable_book() = request.book();
  response.mutable_book()->set_id("b1");
  return response;
}

absl::StatusOr<library::GetBookResponse> LibraryService::GetBook(
    rpc::Call&, const library::GetBookRequest& request) {
  if (request.id() == "none") return absl::NotFoundError("there is no such book");
  if (request.id() == "busy") {
    return rpc::RetryAfter(absl::ResourceExhaustedError("too many readers"),
                           absl::Milliseconds(2500));
  }
  if (request.id() == "broken") return absl::InternalError("the secret cause");
  library::GetBookResponse response;
  response.mutable_book()->set_id(request.id());
  response.mutable_book()->set_shelf_id(request.shelf_id());
  return response;
}

absl::StatusOr<library::ListBooksResponse> LibraryService::ListBooks(
    rpc::Call&, const library::ListBooksRequest& request) {
  library::ListBooksResponse response;
  *response.mutable_request() = request;
  return response;
}

absl::StatusOr<library::UpdateBookResponse> LibraryService::UpdateBook(
    rpc::Call&, const library::UpdateBookRequest& request) {
  library::UpdateBookResponse response;
  *response.mutable_request() = request;
  return response;
}

absl::StatusOr<library::ReturnBookResponse> LibraryService::ReturnBook(
    rpc::Call& call, const library::ReturnBookRequest& request) {
  library::ReturnBookResponse response;
  *response.mutable_request() = request;
  for (const auto& [key, value] : call.metadata) {
    response.add_metadata(absl::StrCat(key, ": ", value));
  }
  return response;
}

absl::StatusOr<library::BeginVisitResponse> LibraryService::BeginVisit(
    rpc::Call& call, const library::BeginVisitRequest& request) {
  call.response_metadata.emplace(rpc::kSessionMetadata, absl::StrCat("visit-", request.name()));
  call.response_metadata.emplace(rpc::kSessionMaxAgeMetadata, "3600");
  return library::BeginVisitResponse();
}

absl::StatusOr<library::EndVisitResponse> LibraryService::EndVisit(
    rpc::Call& call, const library::EndVisitRequest&) {
  call.response_metadata.emplace(rpc::kSessionEndedMetadata, "1");
  return library::EndVisitResponse();
}

absl::StatusOr<library::GetVisitorResponse> LibraryService::GetVisitor(
    rpc::Call& call, const library::GetVisitorRequest&) {
  library::GetVisitorResponse response;
  response.set_name(call.caller.subject);
  return response;
}

absl::StatusOr<std::unique_ptr<rpc::StreamSource>> LibraryService::WatchBook(
    rpc::Call&, const library::WatchBookRequest& request) {
  return std::make_unique<Watch>(request, stream_closed);
}

absl::StatusOr<HttpBody> LibraryService::KeepNote(rpc::Call&,
                                                  const library::KeepNoteRequest& request) {
  return request.note();
}

absl::StatusOr<std::unique_ptr<rpc::StreamSource>> LibraryService::ExportBooks(
    rpc::Call&, const library::ExportBooksRequest&) {
  return std::make_unique<Export>();
}

absl::StatusOr<library::BurnBooksResponse> LibraryService::BurnBooks(
    rpc::Call&, const library::BurnBooksRequest&) {
  return library::BurnBooksResponse();
}

absl::StatusOr<auth::Caller> FindVisitor(const Secret& token) {
  if (token.Reveal().rfind("visit-", 0) != 0) return absl::UnauthenticatedError("no such visit");
  auth::Caller caller;
  caller.kind = auth::CallerKind::kPortalUser;
  caller.subject = token.Reveal().substr(6);
  return caller;
}

}  // namespace portico::gateway

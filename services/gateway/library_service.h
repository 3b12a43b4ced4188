#pragma once

#include <absl/synchronization/notification.h>

#include <memory>
#include <string>

#include "library.pb.h"
#include "libs/rpc/server.h"
#include "services/gateway/api_descriptors.h"

namespace portico::gateway {

namespace library = portico::library::v1;

// The tests' protos as the gateway reads them, serialized and loaded.
const std::string& LibraryDescriptors();
const ApiDescriptors& LibraryApi();

// Serves the tests' protos. Most RPCs answer what they were asked.
class LibraryService {
 public:
  void Register(rpc::Server& server);

  // A stream that rested was cancelled.
  absl::Notification stream_closed;

 private:
  absl::StatusOr<library::CreateBookResponse> CreateBook(rpc::Call&,
                                                         const library::CreateBookRequest& request);
  absl::StatusOr<library::GetBookResponse> GetBook(rpc::Call&,
                                                   const library::GetBookRequest& request);
  absl::StatusOr<library::ListBooksResponse> ListBooks(rpc::Call&,
                                                       const library::ListBooksRequest& request);
  absl::StatusOr<library::UpdateBookResponse> UpdateBook(rpc::Call&,
                                                         const library::UpdateBookRequest& request);
  absl::StatusOr<library::ReturnBookResponse> ReturnBook(rpc::Call& call,
                                                         const library::ReturnBookRequest& request);
  absl::StatusOr<library::BeginVisitResponse> BeginVisit(rpc::Call& call,
                                                         const library::BeginVisitRequest& request);
  absl::StatusOr<library::EndVisitResponse> EndVisit(rpc::Call& call,
                                                     const library::EndVisitRequest&);
  absl::StatusOr<library::GetVisitorResponse> GetVisitor(rpc::Call& call,
                                                         const library::GetVisitorRequest&);
  absl::StatusOr<std::unique_ptr<rpc::StreamSource>> WatchBook(
      rpc::Call&, const library::WatchBookRequest& request);
  absl::StatusOr<google::api::HttpBody> KeepNote(rpc::Call&,
                                                 const library::KeepNoteRequest& request);
  absl::StatusOr<std::unique_ptr<rpc::StreamSource>> ExportBooks(
      rpc::Call&, const library::ExportBooksRequest&);
  absl::StatusOr<library::BurnBooksResponse> BurnBooks(rpc::Call&,
                                                       const library::BurnBooksRequest&);
};

// Whom the tests' session token "visit-TOKEN" belongs to.
absl::StatusOr<auth::Caller> FindVisitor(const Secret& token);

}  // namespace portico::gateway

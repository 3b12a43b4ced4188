#include "tools/cli/import_kind.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>

#include <filesystem>

#include "portico/account/v1/account.pb.h"
#include "portico/account/v1/invoice.pb.h"
#include "portico/contact/v1/contact_service.pb.h"

namespace portico::cli {
namespace {

using google::protobuf::Message;

template <class Progress>
ImportAnswer AnswerOf(const Progress& progress) {
  ImportAnswer answer{.line = progress.line(),
                      .created = progress.created(),
                      .updated = progress.updated(),
                      .unchanged = progress.unchanged(),
                      .refused = progress.refused()};
  for (const auto& refusal : progress.refusals()) {
    answer.refusals.push_back({.line = refusal.line(), .why = {refusal.field(), refusal.reason()}});
  }
  return answer;
}

template <class Response>
ImportAnswer Read(const Message& message) {
  const auto& response = static_cast<const Response&>(message);
  if constexpr (requires { response.progress(); }) {
    return AnswerOf(response.progress());
  } else {
    return AnswerOf(response);
  }
}

template <class Request, class Response>
ImportKind Kind(std::string_view name, std::string_view service, const std::string& resource) {
  const auto& rows = *Request::descriptor()->FindFieldByName("rows");
  return {.name = name,
          .service = service,
          .request = Request::default_instance(),
          .options = *Request::descriptor()->FindFieldByName("options"),
          .rows = rows,
          .resource = *rows.message_type()->FindFieldByName(resource),
          .answer = Response::default_instance(),
          .read = &Read<Response>};
}

}  // namespace

const std::vector<ImportKind>& ImportKinds() {
  static const auto& kinds = *new std::vector<ImportKind>{
      Kind<account::v1::ImportAccountsRequest, account::v1::ImportAccountsResponse>(
          "accounts", "account", "account"),
      Kind<account::v1::ImportSitesRequest, account::v1::ImportSitesResponse>("sites", "account",
                                                                              "site"),
      Kind<account::v1::ImportInvoicesRequest, account::v1::ImportInvoicesResponse>(
          "invoices", "account", "invoice"),
      Kind<contact::v1::ImportContactsRequest, contact::v1::ImportContactsResponse>(
          "contacts", "contact", "contact")};
  return kinds;
}

const ImportKind* FindImportKind(std::string_view name) {
  for (const ImportKind& kind : ImportKinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

const ImportKind* GuessImportKind(std::string_view path) {
  const std::string name = absl::AsciiStrToLower(std::filesystem::path(path).filename().string());
  const ImportKind* guess = nullptr;
  for (const ImportKind& kind : ImportKinds()) {
    if (!absl::StrContains(name, kind.resource.name())) continue;
    if (guess != nullptr) return nullptr;
    guess = &kind;
  }
  return guess;
}

}  // namespace portico::cli

#include "services/gateway/pages.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include <utility>

#include "libs/base/sha256.h"

namespace portico::gateway {
namespace {

std::string_view ContentTypeOf(std::string_view name) {
  const std::string_view extension = name.substr(name.rfind('.') + 1);
  if (extension == "html") return "text/html; charset=utf-8";
  if (extension == "css") return "text/css; charset=utf-8";
  if (extension == "js") return "text/javascript; charset=utf-8";
  if (extension == "svg") return "image/svg+xml";
  return "application/octet-stream";
}

std::string PathOf(std::string_view name) {
  if (name == "index.html") return "/";
  absl::string_view stem(name.data(), name.size());
  return absl::ConsumeSuffix(&stem, ".html") ? absl::StrCat("/", stem)
                                             : absl::StrCat("/assets/", stem);
}

// RFC 9110, 13.1.2.
bool HasTag(std::string_view if_none_match, const std::string& etag) {
  for (absl::string_view tag :
       absl::StrSplit(absl::string_view(if_none_match.data(), if_none_match.size()), ',')) {
    tag = absl::StripAsciiWhitespace(tag);
    absl::ConsumePrefix(&tag, "W/");
    if (tag == etag || tag == "*") return true;
  }
  return false;
}

}  // namespace

void Pages::Add(std::string path, Answer answer) {
  pages_[std::move(path)] = {std::move(answer), ""};
}

void Pages::AddFixed(std::string path, std::string_view content_type, std::string content) {
  Page page;
  page.etag = absl::StrCat("\"", absl::BytesToHexString(Sha256(content)).substr(0, 16), "\"");
  HttpResponse response;
  response.headers = {{"Content-Type", std::string(content_type)},
                      {"ETag", page.etag},
                      {"Cache-Control", "no-cache"}};
  response.body = std::move(content);
  page.answer = [response = std::move(response)] { return response; };
  pages_[std::move(path)] = std::move(page);
}

void Pages::AddPortal(std::span<const EmbeddedFile> files) {
  for (const EmbeddedFile& file : files) {
    AddFixed(PathOf(file.name), ContentTypeOf(file.name), std::string(file.content));
  }
}

void Pages::AddSame(std::string path, const std::string& known) {
  Page page = pages_.at(known);
  pages_[std::move(path)] = std::move(page);
}

HttpResponse Pages::Get(const HttpRequest& request) const {
  const Page& page = pages_.at(request.path);
  HttpResponse response = page.answer();
  if (!page.etag.empty() && HasTag(request.Header("if-none-match"), page.etag)) {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

}  // namespace portico::gateway

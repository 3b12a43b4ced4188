#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "services/gateway/embedded_files.h"
#include "services/gateway/http_exchange.h"

namespace portico::gateway {

// What is answered to GET and HEAD without an RPC, by path.
class Pages {
 public:
  using Answer = std::function<HttpResponse()>;

  // Computed for each request.
  void Add(std::string path, Answer answer);

  // Always the same: sent with an ETag, so that browsers that have it do not load it again.
  void AddFixed(std::string path, std::string_view content_type, std::string content);

  // The portal: "index.html" at "/", other pages at their names without ".html", the
  // rest under "/assets/".
  void AddPortal(std::span<const EmbeddedFile> files);

  // The same at one more path.
  void AddSame(std::string path, const std::string& known);

  bool Has(const std::string& path) const { return pages_.contains(path); }

  // For a path that it has.
  HttpResponse Get(const HttpRequest& request) const;

 private:
  struct Page {
    Answer answer;
    std::string etag;  // Empty when computed.
  };

  std::map<std::string, Page> pages_;
};

}  // namespace portico::gateway

#include "services/gateway/pages.h"

#include <catch2/catch.hpp>

#include "services/gateway/raw_client.h"

namespace portico::gateway {
namespace {

HttpResponse Get(const Pages& pages, const std::string& path, const std::string& tag = "") {
  HttpRequest request;
  request.method = "GET";
  request.path = path;
  if (!tag.empty()) request.headers = {{"if-none-match", tag}};
  return pages.Get(request);
}

}  // namespace

TEST_CASE("The portal's files stand at their paths", "[gateway]") {
  Pages pages;
  pages.AddPortal(PortalFiles());
  CHECK(Get(pages, "/").body.find("<form id=\"sign-in\"") != std::string::npos);
  CHECK(HeaderOf(Get(pages, "/"), "Content-Type") == "text/html; charset=utf-8");
  CHECK(Get(pages, "/accept").body.find("<form id=\"accept\"") != std::string::npos);
  CHECK(HeaderOf(Get(pages, "/assets/portal.css"), "Content-Type") == "text/css; charset=utf-8");
  CHECK(HeaderOf(Get(pages, "/assets/api.js"), "Content-Type") == "text/javascript; charset=utf-8");
  CHECK_FALSE(pages.Has("/index.html"));
  CHECK_FALSE(pages.Has("/assets/"));
}

TEST_CASE("The portal's pages use only files that are there, and no inline script", "[gateway]") {
  Pages pages;
  pages.AddPortal(PortalFiles());
  for (const EmbeddedFile& file : PortalFiles()) {
    INFO(file.name);
    CHECK(file.content.find("<script>") == std::string_view::npos);
    CHECK(file.content.find(" style=") == std::string_view::npos);
    CHECK(file.content.find("onclick=") == std::string_view::npos);
    for (const std::string_view attribute : {"src=\"", "href=\""}) {
      size_t at = 0;
      while ((at = file.content.find(attribute, at)) != std::string_view::npos) {
        at += attribute.size();
        CHECK(pages.Has(std::string(file.content.substr(at, file.content.find('"', at) - at))));
      }
    }
  }
}

TEST_CASE("A browser that has a page does not load it again", "[gateway]") {
  Pages pages;
  pages.AddFixed("/a", "text/plain", "content");
  const std::string tag = HeaderOf(Get(pages, "/a"), "ETag");
  CHECK(Get(pages, "/a").status == 200);
  for (const std::string& known : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    const HttpResponse response = Get(pages, "/a", known);
    CHECK(response.status == 304);
    CHECK(response.body.empty());
    CHECK(HeaderOf(response, "ETag") == tag);
  }
  CHECK(Get(pages, "/a", "\"other\"").status == 200);
  Pages changed;
  changed.AddFixed("/a", "text/plain", "other content");
  CHECK(HeaderOf(Get(changed, "/a"), "ETag") != tag);
}

}  // namespace portico::gateway

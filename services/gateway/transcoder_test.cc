#include "services/gateway/transcoder.h"

#include <google/protobuf/util/json_util.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "google/rpc/error_details.pb.h"
#include "services/gateway/library_service.h"

namespace portico::gateway {
namespace {

using nlohmann::json;

const Router& LibraryRouter() {
  static const Router router = Router::Build(LibraryApi()).value();
  return router;
}

absl::StatusOr<std::string> Transcode(const HttpRequest& request) {
  static const Transcoder transcoder(LibraryApi());
  const Router::Match match = LibraryRouter().Find(request.method, request.path);
  REQUIRE(match.route != nullptr);
  return transcoder.Request(*match.route, match.path_values, request);
}

// The request message, or the error as "field: description" of each field, or its message.
template <class Request>
json Transcoded(const std::string& method, const std::string& path, const std::string& query = "",
                const std::string& body = "") {
  HttpRequest request;
  request.method = method;
  request.path = path;
  request.query = query;
  request.body = body;
  const auto binary = Transcode(request);
  if (!binary.ok()) {
    CHECK(absl::IsInvalidArgument(binary.status()));
    google::rpc::BadRequest detail;
    const auto payload = binary.status().GetPayload("type.googleapis.com/google.rpc.BadRequest");
    if (!payload.has_value()) return std::string(binary.status().message());
    REQUIRE(detail.ParseFromString(std::string(*payload)));
    std::string text;
    for (const auto& violation : detail.field_violations()) {
      text += (text.empty() ? "" : "; ") + violation.field() + ": " + violation.description();
    }
    return text;
  }
  Request message;
  REQUIRE(message.ParseFromString(*binary));
  std::string text;
  REQUIRE(google::protobuf::util::MessageToJsonString(message, &text).ok());
  return json::parse(text);
}

json Created(const std::string& body, const std::string& query = "") {
  return Transcoded<library::CreateBookRequest>("POST", "/v1/shelves/s1/books", query, body);
}
json Listed(const std::string& query) {
  return Transcoded<library::ListBooksRequest>("GET", "/v1/books", query);
}
json Updated(const std::string& body, const std::string& query = "") {
  return Transcoded<library::UpdateBookRequest>("PATCH", "/v1/books/b1", query, body);
}
json Returned(const std::string& body, const std::string& query = "") {
  return Transcoded<library::ReturnBookRequest>("POST", "/v1/books/b1:return", query, body);
}

}  // namespace

TEST_CASE("A body for one field comes with the path's and the query's values", "[gateway]") {
  CHECK(Created(R"({"title":"T","pageCount":"12","tags":["a"],"ratings":{"ann":5}})",
                "requestId=r1") ==
        json::parse(R"({"book":{"shelfId":"s1","title":"T","pageCount":"12","tags":["a"],
                        "ratings":{"ann":5}},"requestId":"r1"})"));
}

TEST_CASE("Fields may go by their proto names", "[gateway]") {
  CHECK(Created(R"({"page_count":7,"author":{"full_name":"A"}})", "request_id=r1") ==
        json::parse(R"({"book":{"shelfId":"s1","pageCount":"7","author":{"fullName":"A"}},
                        "requestId":"r1"})"));
  CHECK(Created(R"({"pageCount":7,"page_count":8})") ==
        "book.page_count: the field is given twice");
  CHECK(Created(R"({"author":{"fullName":"A","fullName":"B"}})") ==
        "fullName: the field is given twice");
}

TEST_CASE("The path counts where the body names its field too", "[gateway]") {
  CHECK(Created(R"({"shelf_id":"s2","title":"T"})")["book"]["shelfId"] == "s1");
  CHECK(Returned(R"({"id":"b2"})")["id"] == "b1");
}

TEST_CASE("A whole body is the request, and leaves nothing for the query", "[gateway]") {
  CHECK(Returned(R"({"condition":"fine"})") == json::parse(R"({"id":"b1","condition":"fine"})"));
  CHECK(Returned("") == json::parse(R"({"id":"b1"})"));
  CHECK(Returned("{}", "condition=fine") == "condition: there is no such query parameter");
}

TEST_CASE("Query parameters fill the request", "[gateway]") {
  CHECK(Listed("") == json::object());
  CHECK(Listed("pageSize=3&page_size=") ==
        "page_size: the query parameter is given more than once");
  CHECK(Listed("pageSize=3&minPages=99999999999&inPrint=true&kind=BOOK_KIND_POEMS") ==
        json::parse(R"({"pageSize":3,"minPages":"99999999999","inPrint":true,
                        "kind":"BOOK_KIND_POEMS"})"));
  CHECK(Listed("tags=a&tags=b%20c&author.fullName=Ann&author.pen_name=false") ==
        json::parse(R"({"tags":["a","b c"],"author":{"fullName":"Ann"}})"));
  CHECK(Listed("publishedAfter=2025-01-31T08:30:00Z&readMask=title,author.fullName") ==
        json::parse(R"({"publishedAfter":"2025-01-31T08:30:00Z",
                        "readMask":"title,author.fullName"})"));
  CHECK(Listed("inPrint=false") == json::parse(R"({"inPrint":false})"));
}

TEST_CASE("Query parameters that are wrong are named", "[gateway]") {
  CHECK(Listed("pgeSize=3&colour=red") ==
        "pgeSize: there is no such query parameter; colour: there is no such query parameter");
  CHECK(Listed("pageSize=three") == "pageSize: want an integer that fits");
  CHECK(Listed("pageSize=99999999999") == "pageSize: want an integer that fits");
  CHECK(Listed("kind=NOVEL") ==
        "kind: got \"NOVEL\", want one of BOOK_KIND_NOVEL, BOOK_KIND_POEMS");
  CHECK(Listed("inPrint=maybe") == "inPrint: want true or false");
  CHECK(Listed("publishedAfter=yesterday") ==
        "publishedAfter: want a time such as \"2025-01-31T08:30:00Z\"");
  CHECK(Listed("author=Ann") == "author: there is no such query parameter");
  CHECK(Listed("pageSize.x=1") == "pageSize.x: there is no such query parameter");
  CHECK(Listed("=1") == ": there is no such query parameter");
  CHECK(Created("{}", "book.title=T") == "book.title: there is no such query parameter");
  CHECK(Transcoded<library::GetBookRequest>("GET", "/v1/books/b1", "id=b2") ==
        "id: there is no such query parameter");
  CHECK(Listed("tags=%") == "the query is not percent-encoded");
  CHECK(Listed("tags=%ff") == "the path and the query must be UTF-8");
}

TEST_CASE("Fields of the body that are wrong are named, all at once", "[gateway]") {
  CHECK(Created(R"({"titel":"T","author":{"fullname":"A"},"chapters":[{},{"tilte":"x"}]})") ==
        "book.author.fullname: there is no such field; "
        "book.chapters[1].tilte: there is no such field; book.titel: there is no such field");
  CHECK(Created(R"({"title":{}})") == "book.title: want a single value");
  CHECK(Created(R"({"title":["T"]})") == "book.title: want a single value");
  CHECK(Created(R"({"tags":"a"})") == "book.tags: want a list");
  CHECK(Created(R"({"tags":[["a"]]})") == "book.tags[0]: want a single value");
  CHECK(Created(R"({"author":"Ann"})") == "book.author: want an object");
  CHECK(Created(R"({"chapters":{}})") == "book.chapters: want a list");
  CHECK(Created(R"({"ratings":[]})") == "book.ratings: want an object");
  CHECK(Created(R"({"publishTime":{}})") == "book.publishTime: want a single value");
}

TEST_CASE("Values of the wrong type are named, and not repeated but for an enum's", "[gateway]") {
  CHECK(Created(R"({"title":5})") == "book.title: want text");
  CHECK(Created(R"({"combination":1234})") == "book.combination: want text");
  CHECK(Created(R"({"pageCount":"many"})") == "book.pageCount: want an integer that fits");
  CHECK(Created(R"({"pageCount":1.5})") == "book.pageCount: want an integer that fits");
  CHECK(Created(R"({"author":{"penName":"a) for type b"}})") ==
        "book.author.penName: want true or false");
  CHECK(Created(R"({"kind":"BOOK_KIND_OPERA"})") ==
        "book.kind: got \"BOOK_KIND_OPERA\", want one of BOOK_KIND_NOVEL, BOOK_KIND_POEMS");
  CHECK(Created(R"({"kind":"hunter2-hunter2"})") ==
        "book.kind: want one of BOOK_KIND_NOVEL, BOOK_KIND_POEMS");
  CHECK(Created(R"({"publishTime":"soon"})") ==
        "book.publishTime: want a time such as \"2025-01-31T08:30:00Z\"");
}

TEST_CASE("A body that is no JSON object is refused with the place of the error", "[gateway]") {
  CHECK(Created("{\"title\":\n \"T\",}") ==
        "the body is not JSON: the error is at line 2, column 6");
  CHECK(Created("{title:1}") == "the body is not JSON: the error is at line 1, column 3");
  CHECK(Created("{'title':1}") == "the body is not JSON: the error is at line 1, column 2");
  CHECK(Created("{\"a\":1") == "the body is not JSON: the error is at line 1, column 7");
  CHECK(Created("{} {}") == "the body is not JSON: the error is at line 1, column 4");
  CHECK(Created("{\"title\":\"\xff\"}").get<std::string>().find("not JSON") != std::string::npos);
  CHECK(Created("{\"pageCount\":1e999}") == "the body holds a value that JSON cannot hold");
  CHECK(Created("[]") == "the body must be a JSON object");
  CHECK(Created("null") == "the body must be a JSON object");
  CHECK(Created(std::string(1000000, '[')) == "the body is nested deeper than 64 levels");
  CHECK(Created("{\"title\":\"" + std::string(1000, '[') + "\\\"{\"}").contains("book"));
}

TEST_CASE("A call without a body refuses one", "[gateway]") {
  CHECK(Transcoded<library::GetBookRequest>("GET", "/v1/books/b1", "", "{}") ==
        "this call takes no body");
}

TEST_CASE("A form posted to a call without a body is passed over", "[gateway]") {
  HttpRequest request;
  request.method = "GET";
  request.path = "/v1/books/b1";
  request.body = "List-Unsubscribe=One-Click";
  CHECK_FALSE(Transcode(request).ok());
  for (const char* type : {"application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                           "Application/X-WWW-Form-Urlencoded"}) {
    request.headers = {{"content-type", type}};
    library::GetBookRequest message;
    REQUIRE(Transcode(request).ok());
    REQUIRE(message.ParseFromString(*Transcode(request)));
    CHECK(message.id() == "b1");
  }
  request.headers = {{"content-type", "text/plain"}};
  CHECK_FALSE(Transcode(request).ok());
}

TEST_CASE("A PATCH changes the fields that its body has", "[gateway]") {
  CHECK(Updated(R"({"title":"T","pageCount":0})")["updateMask"] == "pageCount,title");
  CHECK(Updated(R"({"author":{"penName":false}})")["updateMask"] == "author.penName");
  CHECK(Updated(R"({"author":{}})")["updateMask"] == "author");
  CHECK(Updated(R"({"author":null})")["updateMask"] == "author");
  CHECK(Updated(R"({"tags":[],"chapters":[{"title":"x"}],"ratings":{"ann":1},
                    "publishTime":"2025-01-31T08:30:00Z"})")["updateMask"] ==
        "chapters,publishTime,ratings,tags");
  CHECK(Updated(R"({"page_count":1})")["updateMask"] == "pageCount");
  CHECK(Updated(R"({"title":"T"})", "updateMask=author,title")["updateMask"] == "author,title");
  CHECK(Updated(R"({"title":"T"})", "update_mask=author")["updateMask"] == "author");
  CHECK(Updated(R"({"title":"T"})")["book"] == json::parse(R"({"id":"b1","title":"T"})"));
}

TEST_CASE("Bytes with a media type of their own stay as they are", "[gateway]") {
  HttpRequest request;
  request.method = "POST";
  request.path = "/v1/books/b1/note";
  request.headers = {{"content-type", "text/plain"}};
  request.body = std::string("not { JSON \0\xff", 13);
  const auto binary = Transcode(request);
  REQUIRE(binary.ok());
  library::KeepNoteRequest message;
  REQUIRE(message.ParseFromString(*binary));
  CHECK(message.id() == "b1");
  CHECK(message.note().content_type() == "text/plain");
  CHECK(message.note().data() == request.body);
}

TEST_CASE("Answers have all fields, under their JSON names", "[gateway]") {
  const Transcoder transcoder(LibraryApi());
  const auto answer = [&](const char* method, const char* path,
                          const google::protobuf::Message& message) {
    const auto content =
        transcoder.Answer(*LibraryRouter().Find(method, path).route, message.SerializeAsString());
    REQUIRE(content.ok());
    CHECK(content->type == "application/json");
    return json::parse(content->bytes);
  };
  library::GetBookResponse book;
  book.mutable_book()->set_id("b1");
  book.mutable_book()->set_page_count(12);
  CHECK(answer("GET", "/v1/books/b1", book) ==
        json::parse(R"({"id":"b1","shelfId":"","title":"","tags":[],"kind":"BOOK_KIND_UNSPECIFIED",
                        "pageCount":"12","chapters":[],"ratings":{},"combination":""})"));
  CHECK(answer("GET", "/v1/books", library::ListBooksResponse()) == json::parse(R"({"books":[]})"));
}

}  // namespace portico::gateway

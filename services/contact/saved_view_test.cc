#include <absl/strings/str_cat.h>

#include "services/contact/contact_fixture.h"

namespace portico::contact {
namespace {

using Names = std::vector<std::string>;

struct SavedViewFixture : ContactFixture {
  SavedViewFixture() {
    other = PeerOf("other", {"contacts.read"});
    writer = PeerOf("writer", {"contacts.read", "contacts.write"});
  }

  std::unique_ptr<rpc::Peer> PeerOf(const std::string& subject,
                                    const std::vector<std::string>& permissions) {
    const std::string token = service.StaffToken(permissions, absl::Hours(1), subject);
    return std::unique_ptr<rpc::Peer>(new rpc::Peer(service.WithToken(token)));
  }

  static v1::SavedView View(const std::string& name) {
    v1::SavedView view;
    view.set_display_name(name);
    view.set_filter("name = j*");
    return view;
  }

  static absl::StatusOr<v1::SavedView> Keep(rpc::Peer& caller, const v1::SavedView& view,
                                            const std::string& request_id = "") {
    v1::CreateSavedViewRequest request;
    *request.mutable_saved_view() = view;
    request.set_request_id(request_id);
    auto response = caller.Call<v1::CreateSavedViewResponse>(request);
    if (!response.ok()) return response.status();
    return response->saved_view();
  }

  static Names Seen(rpc::Peer& caller) {
    Names names;
    const auto response =
        caller.Call<v1::ListSavedViewsResponse>(v1::ListSavedViewsRequest()).value();
    for (const v1::SavedView& view : response.saved_views()) names.push_back(view.display_name());
    return names;
  }

  static absl::Status Delete(rpc::Peer& caller, const std::string& id) {
    v1::DeleteSavedViewRequest request;
    request.set_id(id);
    return caller.Call<v1::DeleteSavedViewResponse>(request).status();
  }

  std::unique_ptr<rpc::Peer> other;
  std::unique_ptr<rpc::Peer> writer;
};

}  // namespace

TEST_CASE_METHOD(SavedViewFixture, "A saved view is its owner's, or everybody's", "[contact]") {
  v1::SavedView wanted = View("Mine");
  wanted.set_query("jo");
  wanted.set_order_by("name desc");
  wanted.set_owner("somebody else");
  const v1::SavedView kept = Keep(*staff, wanted).value();
  CHECK(kept.id().rfind("viw_", 0) == 0);
  CHECK(kept.filter() == "name = j*");
  CHECK(kept.query() == "jo");
  CHECK(kept.order_by() == "name desc");
  CHECK_FALSE(kept.owner().empty());
  CHECK(kept.owner() != "somebody else");
  CHECK(kept.create_time().seconds() == absl::ToUnixSeconds(clock.Now()));

  v1::SavedView shared = View("All of us");
  shared.set_shared(true);
  REQUIRE(Keep(*other, shared).ok());
  REQUIRE(Keep(*other, View("Theirs")).ok());
  CHECK(Seen(*staff) == Names{"All of us", "Mine"});
  CHECK(Seen(*other) == Names{"All of us", "Theirs"});
}

TEST_CASE_METHOD(SavedViewFixture, "A saved view must be one that can be read", "[contact]") {
  v1::SavedView view = View("Wrong");
  view.set_filter("name");
  CHECK(FieldsOf(Keep(*staff, view).status()) == Names{"saved_view.filter"});
  view = View("Wrong");
  view.set_order_by("size");
  CHECK(FieldsOf(Keep(*staff, view).status()) == Names{"saved_view.order_by"});
  view = View("Wrong");
  view.set_query("a b c d e f g h i j k");
  CHECK(FieldsOf(Keep(*staff, view).status()) == Names{"saved_view.query"});
  CHECK(FieldsOf(Keep(*staff, View("")).status()) == Names{"saved_view.display_name"});
  CHECK(Seen(*staff).empty());
}

TEST_CASE_METHOD(SavedViewFixture, "The name of a saved view is unique among its owner's",
                 "[contact]") {
  REQUIRE(Keep(*staff, View("A")).ok());
  const absl::Status status = Keep(*staff, View("A")).status();
  CHECK(status.code() == absl::StatusCode::kAlreadyExists);
  CHECK_THAT(std::string(status.message()), Catch::Contains("saved_view.display_name: got \"A\""));
  CHECK(Keep(*other, View("A")).ok());
}

TEST_CASE_METHOD(SavedViewFixture, "A repeated CreateSavedView answers the first view",
                 "[contact]") {
  const v1::SavedView first = Keep(*staff, View("A"), "r1").value();
  CHECK(Keep(*staff, View("A"), "r1").value().id() == first.id());
  CHECK(rpc::ReasonOf(Keep(*staff, View("B"), "r1").status()) == "REQUEST_ID_REUSED");
  CHECK(rpc::ReasonOf(Keep(*other, View("A"), "r1").status()) == "REQUEST_ID_REUSED");
  CHECK(Seen(*staff) == Names{"A"});
}

TEST_CASE_METHOD(SavedViewFixture, "A caller has at most 200 saved views", "[contact]") {
  for (int i = 0; i < 200; ++i) REQUIRE(views.Create(View(absl::StrCat(i)), "other", "").ok());
  const absl::Status status = Keep(*other, View("one more")).status();
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(rpc::ReasonOf(status) == "TOO_MANY_SAVED_VIEWS");
  CHECK(Keep(*staff, View("one more")).ok());
}

TEST_CASE_METHOD(SavedViewFixture, "Who may delete a saved view", "[contact]") {
  v1::SavedView view = View("Shared");
  view.set_shared(true);
  const std::string shared = Keep(*staff, view).value().id();
  const std::string own = Keep(*staff, View("Own")).value().id();
  CHECK(Delete(*other, own).code() == absl::StatusCode::kNotFound);
  CHECK(Delete(*writer, own).code() == absl::StatusCode::kNotFound);
  CHECK(Delete(*other, shared).code() == absl::StatusCode::kPermissionDenied);
  CHECK(Seen(*staff) == Names{"Own", "Shared"});
  CHECK(Delete(*writer, shared).ok());
  CHECK(Delete(*staff, own).ok());
  CHECK(Delete(*staff, own).code() == absl::StatusCode::kNotFound);
  CHECK(Seen(*staff).empty());
}

TEST_CASE_METHOD(SavedViewFixture, "A list takes what a saved view asks for besides its own",
                 "[contact]") {
  for (const char* name : {"Jo A", "Jo B", "Al B", "Ja C"}) {
    v1::Contact contact = NewContact("");
    contact.mutable_name()->set_display(name);
    clock.Advance(absl::Seconds(1));
    REQUIRE(Create(contact).ok());
  }
  v1::SavedView view = View("J");
  view.set_query("jo");
  view.set_order_by("name desc");
  view = Keep(*staff, view).value();
  v1::ListContactsRequest request;
  request.set_saved_view_id(view.id());
  const auto listed = [&] {
    Names names;
    const auto response = Call<v1::ListContactsResponse>(request).value();
    for (const v1::Contact& contact : response.contacts()) {
      names.push_back(contact.name().display());
    }
    return names;
  };
  CHECK(listed() == Names{"Jo B", "Jo A"});
  request.set_filter("name = \"jo b\"");
  CHECK(listed() == Names{"Jo B"});
  request.clear_filter();
  request.set_query("a");
  CHECK(listed() == Names{"Jo A"});
  request.clear_query();
  request.set_order_by("id");
  CHECK(listed() == Names{"Jo A", "Jo B"});

  request.set_page_size(1);
  request.set_page_token(Call<v1::ListContactsResponse>(request).value().next_page_token());
  CHECK(listed() == Names{"Jo B"});
  CHECK(FieldsOf(other->Call<v1::ListContactsResponse>(request).status()) ==
        Names{"saved_view_id"});
  request.clear_saved_view_id();
  CHECK(FieldsOf(Call<v1::ListContactsResponse>(request).status()) == Names{"page_token"});
}

}  // namespace portico::contact

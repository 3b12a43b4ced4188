#include "services/invitation/template_store.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "libs/storage/page_query.h"
#include "services/invitation/default_template.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using portico::invitation::v1::ListTemplatesRequest;
using portico::invitation::v1::ListTemplatesResponse;
using storage::Session;

absl::Status NoSuchTemplate(const std::string& id) {
  return absl::NotFoundError(
      absl::StrCat("got template ", rpc::Quoted(id), ", which does not exist"));
}

TemplateStore::TemplateStore(const Clock& clock)
    : clock_(clock),
      table_("template",
             {"id", "display_name", "kind", "locale", "division_ids", "subject", "html_body",
              "text_body", "version", "create_time", "update_time", "etag"}) {}

absl::Status TemplateStore::Seed(Session& session) const {
  for (Template& text : DefaultTemplates()) {
    ASSIGN_OR_RETURN(const std::optional<Template> present, Find(session, text.id()));
    if (present.has_value()) continue;
    // Staff may have a template of that name from before there was this one.
    ASSIGN_OR_RETURN(const bool is_taken, HasName(session, text));
    if (is_taken) text.set_display_name(absl::StrCat(text.display_name(), " (", text.id(), ")"));
    RETURN_IF_ERROR(Insert(session, text));
  }
  return absl::OkStatus();
}

absl::Status TemplateStore::Insert(Session& session, Template& text) const {
  RETURN_IF_ERROR(CheckName(session, text));
  *text.mutable_create_time() = TimeUtil::MicrosecondsToTimestamp(ToMicros(clock_.Now()));
  *text.mutable_update_time() = text.create_time();
  text.set_version(1);
  text.set_etag("1");
  RETURN_IF_ERROR(table_.Insert(session, text));
  return InsertVersion(session, text);
}

absl::Status TemplateStore::Update(Session& session, const Template& before, Template& text) const {
  RETURN_IF_ERROR(CheckName(session, text));
  const bool text_changed = text.subject() != before.subject() ||
                            text.html_body() != before.html_body() ||
                            text.text_body() != before.text_body();
  *text.mutable_update_time() = TimeUtil::MicrosecondsToTimestamp(ToMicros(clock_.Now()));
  text.set_etag(rpc::NextEtag(before.etag()));
  if (text_changed) {
    text.set_version(before.version() + 1);
    RETURN_IF_ERROR(InsertVersion(session, text));
  }
  return table_.Update(session, text).status();
}

absl::StatusOr<bool> TemplateStore::Delete(Session& session, std::string_view id) const {
  ASSIGN_OR_RETURN(const int64_t deleted,
                   session.Execute("delete from template where id = :id", id));
  return deleted > 0;
}

absl::StatusOr<std::optional<Template>> TemplateStore::Find(Session& session,
                                                            std::string_view id) const {
  return table_.FindBy(session, "where id = :id", id);
}

absl::StatusOr<ListTemplatesResponse> TemplateStore::List(
    Session& session, const ListTemplatesRequest& request) const {
  const storage::PageQuery query("templates");
  ASSIGN_OR_RETURN(auto page,
                   query.Read(session, table_, request.page_size(), request.page_token()));
  ListTemplatesResponse response;
  for (Template& text : page.rows) *response.add_templates() = std::move(text);
  response.set_next_page_token(page.next_page_token);
  return response;
}

absl::StatusOr<std::optional<Template>> TemplateStore::FirstUsable(
    Session& session, std::span<const std::string_view> ids, std::string_view division_id,
    TemplateKind wanted) const {
  for (const std::string_view id : ids) {
    if (id.empty()) continue;
    ASSIGN_OR_RETURN(std::optional<Template> found, Find(session, id));
    if (!found.has_value() || !CanServeAs(found->kind(), wanted)) continue;
    const auto& divisions = found->division_ids();
    if (divisions.empty() || std::ranges::find(divisions, division_id) != divisions.end()) {
      return found;
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<TemplateText>> TemplateStore::Text(Session& session,
                                                                std::string_view template_id,
                                                                int64_t version) const {
  ASSIGN_OR_RETURN(const auto row, (session.SelectOne<std::string, std::string, std::string>(
                                       "select subject, html_body, text_body from template_version "
                                       "where template_id = :template_id and version = :version",
                                       template_id, version)));
  if (!row.has_value()) return std::nullopt;
  const auto& [subject, html_body, text_body] = *row;
  return TemplateText{.subject = subject, .html_body = html_body, .text_body = text_body};
}

absl::StatusOr<bool> TemplateStore::HasName(Session& session, const Template& text) const {
  ASSIGN_OR_RETURN(const auto row,
                   session.SelectOne<std::string>(
                       "select id from template where display_name = :display_name and id <> :id",
                       text.display_name(), text.id()));
  return row.has_value();
}

absl::Status TemplateStore::CheckName(Session& session, const Template& text) const {
  ASSIGN_OR_RETURN(const bool is_taken, HasName(session, text));
  if (!is_taken) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat("template.display_name: got ", rpc::Quoted(text.display_name()),
                   ", which another template has, want a name of its own"));
}

namespace {

absl::Status InsertTextsOf(Session& session, std::string_view id, int64_t version,
                           std::string_view subject, std::string_view html_body,
                           std::string_view text_body) {
  return session
      .Execute(
          "insert into template_version (template_id, version, subject, html_body, text_body) "
          "values (:template_id, :version, :subject, :html_body, :text_body)",
          id, version, subject, html_body, text_body)
      .status();
}

}  // namespace

absl::Status TemplateStore::InsertVersion(Session& session, const Template& text) const {
  return InsertTextsOf(session, text.id(), text.version(), text.subject(), text.html_body(),
                       text.text_body());
}

absl::Status TemplateStore::InsertTexts(Session& session, std::string_view id,
                                        const TemplateText& text) const {
  return InsertTextsOf(session, id, /*version=*/1, text.subject, text.html_body, text.text_body);
}

}  // namespace portico::invitation

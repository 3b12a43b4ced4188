#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libs/base/clock.h"
#include "libs/storage/message_table.h"
#include "portico/invitation/v1/template.pb.h"
#include "services/invitation/template_text.h"

namespace portico::invitation {

// NOT_FOUND.
absl::Status NoSuchTemplate(const std::string& id);

// Templates, and every version of their texts. Besides the errors stated, every
// call answers Session's.
class TemplateStore {
 public:
  explicit TemplateStore(const Clock& clock);

  // Stores those of the default templates that are not there already, changed or not.
  absl::Status Seed(storage::Session& session) const;

  // Stores a new template; its version, times and etag are set.
  // ALREADY_EXISTS: the name is taken.
  absl::Status Insert(storage::Session& session, Template& text) const;

  // Writes a template that was `before`. Its version is raised when a text changed,
  // and its update time and etag are set.
  // ALREADY_EXISTS: the name is taken.
  absl::Status Update(storage::Session& session, const Template& before, Template& text) const;

  // Deletes a template; the versions of its texts stay. False when there is none.
  absl::StatusOr<bool> Delete(storage::Session& session, std::string_view id) const;

  absl::StatusOr<std::optional<Template>> Find(storage::Session& session,
                                               std::string_view id) const;

  // A page, in the order of the ids.
  absl::StatusOr<portico::invitation::v1::ListTemplatesResponse> List(
      storage::Session& session,
      const portico::invitation::v1::ListTemplatesRequest& request) const;

  // The first of `ids` that is for the division and can serve as what is wanted, or nullopt.
  // Empty ids are passed over.
  absl::StatusOr<std::optional<Template>> FirstUsable(storage::Session& session,
                                                      std::span<const std::string_view> ids,
                                                      std::string_view division_id,
                                                      TemplateKind wanted) const;

  // Keeps texts that are no template's, such as a bulk send's own, as the first version of this
  // id.
  absl::Status InsertTexts(storage::Session& session, std::string_view id,
                           const TemplateText& text) const;

  // The texts of one version. It never changes, so it can be kept.
  absl::StatusOr<std::optional<TemplateText>> Text(storage::Session& session,
                                                   std::string_view template_id,
                                                   int64_t version) const;

 private:
  // Whether another template has its name.
  absl::StatusOr<bool> HasName(storage::Session& session, const Template& text) const;
  absl::Status CheckName(storage::Session& session, const Template& text) const;
  absl::Status InsertVersion(storage::Session& session, const Template& text) const;

  const Clock& clock_;
  const storage::Table<Template> table_;
};

}  // namespace portico::invitation

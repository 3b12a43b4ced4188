#include "services/contact/contact_linking.h"

#include <google/protobuf/util/message_differencer.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/events/erasure.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/personal.h"
#include "libs/rpc/update.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "services/contact/contact_rules.h"

namespace portico::contact {

using google::protobuf::util::MessageDifferencer;
using storage::Session;

absl::StatusOr<v1::Contact> ContactLinking::Unlink(const v1::UnlinkContactRequest& request) {
  return database_.Write([&](Session& session) -> absl::StatusOr<v1::Contact> {
    ASSIGN_OR_RETURN(const v1::Contact before, rows_.Get(session, request.id()));
    RETURN_IF_ERROR(ContactRows::CheckNotMerged(before));
    if (before.has_unlink_time()) return before;
    RETURN_IF_ERROR(rpc::CheckEtag("etag", request.etag(), before.etag()));
    v1::Contact after = before;
    *after.mutable_unlink_time() = rows_.Now();
    GiveUpBilling(after);  // Another one may be the primary now.
    v1::Activity activity = rows_.activities().Now(after.id(), v1::ACTIVITY_KIND_UNLINKED);
    activity.set_detail(request.reason());
    RETURN_IF_ERROR(rows_.Save(session, before, after, std::move(activity)));
    RETURN_IF_ERROR(rows_.Publish<v1::ContactUnlinked>(session, after));
    return after;
  });
}

absl::StatusOr<v1::Contact> ContactLinking::SetPortalAccess(
    const v1::SetPortalAccessRequest& request) {
  const v1::PortalAccess& access = request.portal_access();
  const std::set<std::string> sites(access.site_ids().begin(), access.site_ids().end());
  if (access.all_sites() && !sites.empty()) {
    return rpc::InvalidField("portal_access.site_ids", "got sites, want none, as all are granted");
  }
  const bool says_which = access.all_sites() || !sites.empty();
  if (access.enabled() && !says_which) {
    return rpc::InvalidField("portal_access.site_ids", "got none, want sites, or all_sites");
  }
  return database_.Write([&](Session& session) -> absl::StatusOr<v1::Contact> {
    ASSIGN_OR_RETURN(const v1::Contact before, rows_.Get(session, request.id()));
    RETURN_IF_ERROR(ContactRows::CheckNotMerged(before));
    RETURN_IF_ERROR(rpc::CheckEtag("etag", request.etag(), before.etag()));
    RETURN_IF_ERROR(ContactRows::CheckLinked(before));
    v1::Contact after = before;
    after.set_portal_access_enabled(access.enabled());
    // Who is given access again by an update sees no more than before.
    if (says_which) after.mutable_portal_site_ids()->Assign(sites.begin(), sites.end());
    if (MessageDifferencer::Equals(before, after)) return before;
    if (says_which) RETURN_IF_ERROR(accounts_.CheckSites(session, after));
    RETURN_IF_ERROR(rows_.Save(session, before, after,
                               rows_.activities().Now(after.id(), v1::ACTIVITY_KIND_UPDATED)));
    RETURN_IF_ERROR(rows_.Publish<v1::ContactUpdated>(session, after));
    return after;
  });
}

absl::StatusOr<v1::Contact> ContactLinking::Erase(const v1::EraseContactRequest& request) {
  return database_.Write([&](Session& session) -> absl::StatusOr<v1::Contact> {
    ASSIGN_OR_RETURN(const v1::Contact before, rows_.Get(session, request.id()));
    RETURN_IF_ERROR(ContactRows::CheckNotMerged(before));
    if (before.has_erase_time()) return before;
    RETURN_IF_ERROR(rpc::CheckEtag("etag", request.etag(), before.etag()));
    // Those that were merged into it are the same person.
    ASSIGN_OR_RETURN(
        std::vector<v1::Contact> all,
        rows_.table().List(session, "where merged_into_id <> '' and merged_into_id = :id",
                           before.id()));
    all.push_back(before);
    for (v1::Contact& contact : all) {
      rpc::ErasePersonal(contact);
      *contact.mutable_erase_time() = rows_.Now();
      if (!contact.has_unlink_time()) *contact.mutable_unlink_time() = rows_.Now();
      GiveUpBilling(contact);
      contact.set_portal_access_enabled(false);
      rows_.StampChanged(contact);
      RETURN_IF_ERROR(rows_.table().Update(session, contact).status());
      RETURN_IF_ERROR(events::Erasure::Request(session, contact.id()));
      RETURN_IF_ERROR(rows_.Publish<v1::ContactErased>(session, contact));
    }
    const ActivityStore& activities = rows_.activities();
    RETURN_IF_ERROR(activities.Erase(session, before.id()));
    RETURN_IF_ERROR(activities.Add(session, activities.Now(before.id(), v1::ACTIVITY_KIND_ERASED)));
    return all.back();
  });
}

}  // namespace portico::contact

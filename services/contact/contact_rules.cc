#include "services/contact/contact_rules.h"

#include <absl/container/flat_hash_set.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <string>

#include "libs/mail/address.h"
#include "libs/rpc/errors.h"

namespace portico::contact {
namespace {

std::string MadeDisplayName(const v1::PersonName& name) {
  const bool both = !name.first().empty() && !name.last().empty();
  return absl::StrCat(name.first(), both ? " " : "", name.last());
}

void CompleteName(const std::string& field, v1::PersonName& name, rpc::FieldErrors& errors) {
  absl::StripAsciiWhitespace(name.mutable_first());
  absl::StripAsciiWhitespace(name.mutable_last());
  absl::StripAsciiWhitespace(name.mutable_display());
  if (name.display().empty()) name.set_display(MadeDisplayName(name));
  if (name.display().empty()) {
    errors.Add(field, "got an empty name, want a first, last or display name");
  }
}

void CompleteEmail(const std::string& field, std::string& email, rpc::FieldErrors& errors) {
  if (email.empty()) return;
  email = mail::NormalizeAddress(email);
  if (!email.empty() && !mail::IsValidAddress(email)) {
    errors.Add(field, absl::StrCat("got ", rpc::Quoted(email), ", want an e-mail address"));
  }
}

void CompleteTags(google::protobuf::RepeatedPtrField<std::string>& tags) {
  absl::flat_hash_set<std::string> seen;
  google::protobuf::RepeatedPtrField<std::string> kept;
  for (std::string& tag : tags) {
    absl::StripAsciiWhitespace(&tag);
    if (!tag.empty() && seen.insert(tag).second) kept.Add(std::move(tag));
  }
  tags.Swap(&kept);
}

}  // namespace

void FillIn(v1::Contact& contact) {
  if (!contact.has_portal_access_enabled()) contact.set_portal_access_enabled(true);
}

absl::Status Complete(v1::Contact& contact, const std::string& name) {
  rpc::FieldErrors errors;
  CompleteName(name + ".name", *contact.mutable_name(), errors);
  CompleteEmail(name + ".email", *contact.mutable_email(), errors);
  CompleteEmail(name + ".email2", *contact.mutable_email2(), errors);
  if (contact.tags_size() > 0) CompleteTags(*contact.mutable_tags());
  // Nobody gets access, or loses it, by something left out.
  if (!contact.has_portal_access_enabled()) {
    errors.Add(name + ".portal_access_enabled", "got nothing, want true or false");
  }
  return errors.ToStatus();
}

void GiveUpBilling(v1::Contact& contact) {
  if (contact.billing_contact() == v1::BILLING_CONTACT_UNSPECIFIED) return;
  contact.set_billing_contact(v1::BILLING_CONTACT_NONE);
}

void RemakeDisplayName(const v1::PersonName& before, v1::PersonName& after) {
  if (after.display() == before.display() && before.display() == MadeDisplayName(before)) {
    after.clear_display();
  }
}

}  // namespace portico::contact

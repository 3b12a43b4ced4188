#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portico/invitation/v1/template.pb.h"

namespace portico::invitation {

// The template of a kind that is there from the start, under an id that never changes. Used
// where neither the caller nor the portal options name another; staff may change it.
std::string DefaultTemplateId(portico::invitation::v1::TemplateKind kind);
bool IsDefaultTemplate(std::string_view id);

// That of invitations.
inline constexpr char kDefaultTemplateId[] = "tpl_000000000000000000000001";

// The first versions of all of them, without times.
std::vector<portico::invitation::v1::Template> DefaultTemplates();

}  // namespace portico::invitation

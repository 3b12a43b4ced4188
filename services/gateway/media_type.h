#pragma once

#include <string_view>

namespace portico::gateway {

// Whether a Content-Type says JSON in UTF-8.
bool IsJson(std::string_view content_type);

// Whether a Content-Type is one of those that HTML forms are sent with.
bool IsForm(std::string_view content_type);

// Whether an Accept header names a media type literally, such as "text/event-stream".
bool Accepts(std::string_view accept, std::string_view media_type);

}  // namespace portico::gateway

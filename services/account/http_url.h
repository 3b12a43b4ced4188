#pragma once

#include <string>

namespace portico::account {

// Whether `url` is an absolute URL of http or https with a host, and without
// user name and password, which would be shown to every visitor.
bool IsHttpUrl(const std::string& url);

}  // namespace portico::account

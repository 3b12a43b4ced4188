#include "libs/auth/key_source.h"

#include <utility>

#include "libs/auth/file_key_source.h"
#include "libs/auth/url_key_source.h"
#include "libs/base/status_macros.h"

namespace portico::auth {

absl::StatusOr<std::unique_ptr<KeySource>> OpenKeySource(const std::string& location,
                                                         const Clock& clock) {
  if (location.find("://") == std::string::npos) {
    return std::make_unique<FileKeySource>(location, clock);
  }
  ASSIGN_OR_RETURN(std::unique_ptr<UrlKeySource> source, UrlKeySource::Create(location, clock));
  source->StartRefreshing();
  return source;
}

}  // namespace portico::auth

#pragma once

#include <span>
#include <string_view>

namespace portico::gateway {

// Files that are compiled into the program; see embed_files in CMakeLists.txt.
struct EmbeddedFile {
  std::string_view name;  // Without its folder.
  std::string_view content;
};

// The pages of the portal with what they use.
std::span<const EmbeddedFile> PortalFiles();

// One file: Portico's protos as a FileDescriptorSet, with comments.
std::span<const EmbeddedFile> ApiDescriptorFiles();

}  // namespace portico::gateway

#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace portico::auth {

// A directory for one test, removed with it.
class TestDirectory {
 public:
  TestDirectory() : path_(std::filesystem::temp_directory_path() / "portico-auth-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
  }
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  std::string operator/(const std::string& name) const { return path_ + '/' + name; }

  // Puts the file there as a whole, as a deployment does.
  std::string Write(const std::string& name, const std::string& content) const {
    std::ofstream(*this / ".draft", std::ios::binary) << content;
    std::filesystem::rename(*this / ".draft", *this / name);
    return *this / name;
  }

 private:
  std::string path_;
};

}  // namespace portico::auth

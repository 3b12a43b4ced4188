#include "libs/testing/temp_database.h"

#include <stdlib.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "libs/testing/temp_postgres.h"

namespace portico::testing {
namespace {

std::filesystem::path NewFolder() {
  std::string name = std::filesystem::temp_directory_path() / "portico-test-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  return name;
}

}  // namespace

std::vector<std::string> DatabaseKinds() {
  std::vector<std::string> kinds = {"sqlite"};
  if (HasPostgres()) kinds.push_back("postgres");
  return kinds;
}

TempDatabase::TempDatabase(Components components, std::string_view kind,
                           storage::DatabaseOptions options)
    : folder_(NewFolder()), options_(std::move(options)) {
  if (kind == "postgres") {
    postgres_ = std::make_unique<TempPostgres>();
    options_.url = postgres_->url();
  } else if (kind == "sqlite") {
    options_.url = "sqlite:" + (folder_ / "test.db").string();
  } else {
    throw std::runtime_error("no such kind of database");
  }
  Reopen(std::move(components));
}

TempDatabase::~TempDatabase() {
  Close();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string TempDatabase::Contents() const {
  if (!is_sqlite()) {
    const auto row = database_->Read([](storage::Session& session) {
      return session.SelectOne<std::string>("select schema_to_xml('public', true, false, '')");
    });
    return std::get<0>(row.value().value());
  }
  std::ostringstream bytes;
  for (const auto& file : std::filesystem::directory_iterator(folder_)) {
    bytes << std::ifstream(file.path(), std::ios::binary).rdbuf();
  }
  return bytes.str();
}

void TempDatabase::Reopen() { Reopen(components_); }

void TempDatabase::Reopen(Components components) {
  components_ = std::move(components);
  Close();  // Before the next is opened.
  auto opened = storage::Open(options_, components_);
  if (!opened.ok()) throw std::runtime_error(std::string(opened.status().message()));
  database_ = *std::move(opened);
}

}  // namespace portico::testing

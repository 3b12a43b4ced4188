#include "libs/testing/temp_postgres.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <libpq-fe.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "libs/base/random.h"

namespace portico::testing {
namespace {

std::string UrlOf(const std::string& database) {
  const char* url = std::getenv("PORTICO_TEST_POSTGRES");
  if (url == nullptr) throw std::runtime_error("want PORTICO_TEST_POSTGRES");
  return absl::StrReplaceAll(url, {{"{database}", database}});
}

}  // namespace

bool HasPostgres() { return std::getenv("PORTICO_TEST_POSTGRES") != nullptr; }

void RunOnPostgres(const std::string& sql) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
      PQconnectdb(UrlOf("postgres").c_str()), &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQexec(connection.get(), sql.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(absl::StrCat(sql, ": ", PQerrorMessage(connection.get())));
  }
}

TempPostgres::TempPostgres() : name_(absl::StrCat("test_", absl::BytesToHexString(RandomBytes(8)))) {
  RunOnPostgres(absl::StrCat("create database ", name_));
}

TempPostgres::~TempPostgres() {
  try {
    RunOnPostgres(absl::StrCat("drop database if exists ", name_, " with (force)"));
  } catch (const std::runtime_error&) {
    // The server goes with the tests anyway.
  }
}

void TempPostgres::Disconnect() {
  RunOnPostgres(absl::StrCat("select pg_terminate_backend(pid, 5000) from pg_stat_activity ",
                             "where datname = '", name_, "'"));
}

std::string TempPostgres::url() const { return UrlOf(name_); }

}  // namespace portico::testing

#include "libs/storage/postgres_connection.h"

#include <absl/strings/cord.h>
#include <absl/strings/str_cat.h>
#include <soci/postgresql/soci-postgresql.h>

#include <map>
#include <memory>
#include <string_view>

#include "libs/base/status_macros.h"

namespace portico::storage {
namespace {

constexpr char kCollision[] = "portico/collision";
// Between two statements of a transaction.
constexpr absl::Duration kLongestPause = absl::Seconds(5);

// Null after a connection could not be made again.
PGconn* Handle(soci::session& session) {
  const auto* backend = static_cast<soci::postgresql_session_backend*>(session.get_backend());
  return backend == nullptr ? nullptr : backend->conn_;
}

absl::Status StatusOf(const soci::soci_error& error) {
  const std::string message = error.get_error_message();
  const auto* postgres_error = dynamic_cast<const soci::postgresql_soci_error*>(&error);
  if (postgres_error == nullptr) {
    // What SOCI itself finds wrong, but for a connection that cannot be made.
    return error.get_error_category() == soci::soci_error::connection_error
               ? absl::UnavailableError(message)
               : absl::InternalError(message);
  }
  const std::string state = postgres_error->sqlstate();
  const std::string_view kind = std::string_view(state).substr(0, 2);
  if (state == "40001" || state == "40P01") {
    absl::Status status = absl::UnavailableError("the database is too busy to write");
    status.SetPayload(kCollision, absl::Cord());
    return status;
  }
  if (state == "23505") return absl::AlreadyExistsError(message);
  if (kind == "23") return absl::FailedPreconditionError(message);
  // Connection lost, out of resources, cancelled or shut down, an error of the disk, a lock
  // not had in time, or a transaction that stood still for too long.
  if (kind == "08" || kind == "53" || kind == "57" || kind == "58" || state == "55P03" ||
      state == "25P03") {
    return absl::UnavailableError(message);
  }
  return absl::InternalError(message);
}

std::string Quoted(std::string_view value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

// Every setting of a connection is its own, so each one gets them all.
void Configure(soci::session& session, const PostgresSettings& settings) {
  // What else it would say of an error holds the row's values.
  PQsetErrorVerbosity(Handle(session), PQERRORS_TERSE);
  session << "set lock_timeout = " << absl::ToInt64Milliseconds(settings.lock_wait);
  session << "set statement_timeout = " << absl::ToInt64Milliseconds(settings.statement);
  // Whoever stops amid a transaction, or is cut off, must not keep those who wait for its locks
  // until they give up.
  session << "set idle_in_transaction_session_timeout = "
          << absl::ToInt64Milliseconds(kLongestPause);
  session << "set client_min_messages = warning";
  // An acknowledged write is kept, whatever the server's own default.
  std::string durable;
  session << "show synchronous_commit", soci::into(durable);
  if (durable == "off") session << "set synchronous_commit = on";
}

absl::Status Unreachable(const soci::soci_error& error) {
  return absl::UnavailableError(absl::StrCat("database: ", error.get_error_message()));
}

}  // namespace

absl::StatusOr<std::string> PostgresConninfo(const std::string& url) {
  // Names of settings are libpq's.
  std::map<std::string, std::string> all = {{"connect_timeout", "5"},
                                            {"keepalives_idle", "10"},
                                            {"keepalives_interval", "5"},
                                            {"keepalives_count", "3"},
                                            {"tcp_user_timeout", "10000"},
                                            {"target_session_attrs", "read-write"},
                                            {"application_name", "portico"}};
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
  if (options == nullptr || !(url.starts_with("postgresql://") || url.starts_with("postgres://"))) {
    // libpq's own words may hold the password.
    return absl::InvalidArgumentError(
        "database URL: want postgresql://user:password@host:port/database");
  }
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) all[option->keyword] = option->val;
  }
  std::string conninfo;
  for (const auto& [name, value] : all) absl::StrAppend(&conninfo, name, "=", Quoted(value), " ");
  return conninfo;
}

absl::StatusOr<std::unique_ptr<Connection>> ConnectPostgres(const PostgresSettings& settings) {
  try {
    auto session = std::make_unique<soci::session>(soci::postgresql, settings.conninfo);
    Configure(*session, settings);
    return std::make_unique<Connection>(
        std::move(session), Dialect{.status_of = &StatusOf,
                .failure_spoils_transaction = true,
                .is_remote = true,
                .is_among = "$0 = any (array(select jsonb_array_elements_text(cast($1 as jsonb))))"});
  } catch (const soci::soci_error& error) {
    return Unreachable(error);
  }
}

bool IsAtRest(Connection& connection) {
  const PGconn* const handle = Handle(connection.session());
  return handle != nullptr && PQstatus(handle) == CONNECTION_OK &&
         PQtransactionStatus(handle) == PQTRANS_IDLE;
}

absl::Status Reconnect(Connection& connection, const PostgresSettings& settings) {
  try {
    connection.ForgetAll();
    connection.session().reconnect();
    Configure(connection.session(), settings);
    return absl::OkStatus();
  } catch (const soci::soci_error& error) {
    return Unreachable(error);
  }
}

bool IsCollision(const absl::Status& status) { return status.GetPayload(kCollision).has_value(); }

}  // namespace portico::storage

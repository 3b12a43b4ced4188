#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/channel.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "portico/contact/v1/contact_service.pb.h"

namespace CLI {
class App;
}

namespace portico::bench {

// The contact service under load, and the accounts whose contacts are made.
struct ContactService {
  // Declares --address, --token and, for new contacts and lists, --accounts.
  void Declare(CLI::App& command);

  std::shared_ptr<grpc::Channel> Channel() const;

  std::string address;
  std::string token;
  std::string accounts_file;  // One id a line.
};

// The request for contact number n, of an address that no run used before.
contact::v1::CreateContactRequest NewContact(const std::vector<std::string>& accounts, uint64_t n);

// INVALID_ARGUMENT: the file cannot be read, or is empty.
absl::StatusOr<std::vector<std::string>> ReadLines(const std::string& file);

inline constexpr char kGetContact[] = "/portico.contact.v1.ContactService/GetContact";
inline constexpr char kListContacts[] = "/portico.contact.v1.ContactService/ListContacts";
inline constexpr char kCheckAccess[] = "/portico.contact.v1.ContactService/CheckAccess";
inline constexpr char kBatchCheckAccess[] = "/portico.contact.v1.ContactService/BatchCheckAccess";
inline constexpr char kCreateContact[] = "/portico.contact.v1.ContactService/CreateContact";

}  // namespace portico::bench

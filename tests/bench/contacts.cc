#include "tests/bench/contacts.h"

#include <absl/strings/str_cat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <fstream>

#include "libs/rpc/peer.h"

namespace portico::bench {

void ContactService::Declare(CLI::App& command) {
  command.add_option("--address", address, "host:port of the contact service.")->required();
  command.add_option("--token", token, "A staff token.")->required()->envname("PORTICO_TOKEN");
  command.add_option("--accounts", accounts_file, "File of account ids, for new contacts or lists.");
}

std::shared_ptr<grpc::Channel> ContactService::Channel() const {
  return rpc::MakeChannel({.target = address});
}

contact::v1::CreateContactRequest NewContact(const std::vector<std::string>& accounts, uint64_t n) {
  static const std::string run = absl::StrCat(std::time(nullptr), "-", getpid());
  contact::v1::CreateContactRequest request;
  contact::v1::Contact& contact = *request.mutable_contact();
  contact.set_account_id(accounts[n % accounts.size()]);
  contact.mutable_name()->set_first("John");
  contact.mutable_name()->set_last(absl::StrCat("Doe ", n));
  contact.set_email(absl::StrCat("john.", run, ".", n, "@example.com"));
  auto& phone = *contact.add_phones();
  phone.set_kind(contact::v1::PHONE_KIND_MOBILE);
  phone.set_number("+1 651 555 0100");
  return request;
}

absl::StatusOr<std::vector<std::string>> ReadLines(const std::string& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  if (lines.empty()) return absl::InvalidArgumentError(absl::StrCat("nothing to read in ", file));
  return lines;
}

}  // namespace portico::bench

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libs/auth/sealer.h"
#include "services/invitation/message_store.h"

namespace portico::invitation {

// The longest local part that a bounce address can have: what is added to it must fit into the 64
// bytes of RFC 5321, section 4.5.3.1.
inline constexpr size_t kMaxBounceLocalPart = 22;

// What goes out with a message and is brought back by strangers: the address that bounces go to
// and the link to unsubscribe, each with a signature, so that nobody can make up one of a message
// that was not theirs. Made with keys derived from those that seal; all of them count. Thread-safe.
class MessageSignature {
 public:
  // `bounce_address`: where bounces of all messages go, such as bounces@mail.hauler.example, by a
  // server that ignores what follows a "+"; empty when bounces go to the sender's address.
  MessageSignature(const auth::Sealer& sealer, std::string bounce_address);

  // bounces+<id without its prefix>=<signature>@mail.hauler.example, which stands any change of
  // case; the message's sender without a bounce address.
  std::string EnvelopeSender(const Message& message) const;

  // The id of the message that `address` is the envelope sender of; nullopt where it is none of
  // ours, or its signature is wrong.
  std::optional<std::string> MessageOf(std::string_view address) const;

  // {portal URL}/v1/unsubscribe?message=…&signature=…
  std::string UnsubscribeUrl(std::string_view portal_url, std::string_view message_id) const;
  bool IsUnsubscribe(std::string_view message_id, std::string_view signature) const;

 private:
  std::string Sign(std::string_view message_id, std::string_view purpose) const;
  bool Verify(std::string_view message_id, std::string_view purpose,
              std::string_view signature) const;

  const auth::Signer signer_;
  std::string before_, domain_;  // Of the bounce address; empty without one.
};

}  // namespace portico::invitation

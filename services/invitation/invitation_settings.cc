#include "services/invitation/invitation_settings.h"

#include "libs/mail/address.h"
#include "services/invitation/message_signature.h"

namespace portico::invitation {
namespace {

settings::Form BounceAddress() {
  return {.want = "an address with at most 22 bytes before the @", .accepts = [](auto text) {
            const auto address = mail::ParseAddress(text);
            return address.ok() && address->local.size() <= kMaxBounceLocalPart;
          }};
}

}  // namespace

void Settings::Declare(settings::Parser& parser) {
  process.Declare(parser);
  database.Declare(parser);
  events.Declare(parser);
  account.Declare(parser);
  contact.Declare(parser);
  registration.Declare(parser);
  seal.Declare(parser);
  parser.Secret("PORTICO_SMTP_URL", &smtp_url,
                "Where mail goes: smtp://[user:password@]host:port[?tls=required], smtps://…, or "
                "maildir:PATH");
  parser.Text("PORTICO_SMTP_CA", &smtp_ca,
              "PEM file of the certificates that the mail server is trusted by, instead of the "
              "system's");
  parser.Text(
      "PORTICO_BOUNCE_ADDRESS", &bounce_address,
      "Where bounces go, such as bounces@mail.hauler.example: each mail's envelope sender is "
      "bounces+<its mark>@mail.hauler.example, which tells what bounced, so the mail server "
      "must deliver all of these; without it bounces go to the sender's address",
      BounceAddress());
  parser.Text("PORTICO_BOUNCE_MAILDIR", &bounce_maildir,
              "Maildir that mail to PORTICO_BOUNCE_ADDRESS is delivered to; reports of bounces and "
              "complaints in its new/ are read and moved to cur/");
  parser.Check([this] {
    return bounce_maildir.empty() || !bounce_address.empty()
               ? absl::OkStatus()
               : absl::InvalidArgumentError(
                     "PORTICO_BOUNCE_MAILDIR: got a folder, want PORTICO_BOUNCE_ADDRESS as well");
  });
  parser.List("PORTICO_SENDER_DOMAINS", &sender_domains,
              "Domains that mail may be sent from; a division's address of another gives way to "
              "the portal options', and that to noreply@ the portal's host; none: all");
  parser.Text("PORTICO_PORTAL_URL", &portal_url,
              "Where mailed links lead while the portal options name no URL");
  parser.Number("PORTICO_DELIVERY_WORKERS", &delivery_workers, 1, 256,
                "How many mails are handed on at the same time");
  parser.Number("PORTICO_DELIVERY_MAX_PER_SECOND", &delivery_max_per_second, 0, 100'000,
                "How many mails this process hands on in a second at most; 0 for no limit");
  parser.Number("PORTICO_DELIVERY_MAX_PER_DOMAIN_PER_SECOND", &delivery_max_per_domain_per_second,
                0, 100'000,
                "The same for the addresses of each domain; mails that have to wait for that hold "
                "up no others");
  parser.Duration("PORTICO_DELIVERY_GIVE_UP", &delivery_give_up,
                  "How long a mail is tried before it has failed");
  parser.Number("PORTICO_BULK_CONFIRM_ABOVE", &bulk_confirm_above, 0, 1'000'000'000,
                "A bulk send to more recipients starts only when their number is confirmed");
  parser.Text("PORTICO_INSTANCE", &instance,
              "This process's name, different for each that shares the database; what its "
              "predecessor of that name was about to mail it takes over at once, anything else "
              "within seconds, or minutes on SQLite");
}

}  // namespace portico::invitation

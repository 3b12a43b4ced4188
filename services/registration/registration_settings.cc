#include "services/registration/registration_settings.h"

namespace portico::registration {

void Settings::Declare(settings::Parser& parser) {
  process.Declare(parser);
  database.Declare(parser);
  events.Declare(parser);
  account.Declare(parser);
  contact.Declare(parser);
  invitation.Declare(parser);
  parser.Duration("PORTICO_SESSION_IDLE", &sessions.idle,
                  "How long a session lives without a call");
  parser.Duration("PORTICO_SESSION_LIFETIME", &sessions.absolute,
                  "How long a session lives at most");
  parser.Text("PORTICO_COMMON_PASSWORDS", &common_passwords,
              "File of passwords that are too common to choose, one a line, plain or gzip");
}

}  // namespace portico::registration

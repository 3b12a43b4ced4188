#include "services/invitation/default_template.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>

#include "libs/mail/html_text.h"

namespace portico::invitation {

using namespace portico::invitation::v1;  // The kinds' names.

namespace {

// What a mail says. Both bodies are made of it, so that they say the same.
struct Letter {
  TemplateKind kind;
  const char* name;
  const char* subject;
  const char* title;
  std::vector<std::string> paragraphs;
  // The placeholder of the link that the mail is about, and what its button says.
  const char* link = nullptr;
  const char* button = nullptr;
  // Shown by itself, such as a password.
  const char* code = nullptr;
  std::vector<std::string> remarks;
  const char* farewell;
  const char* signature = "[DivisionName]";
};

std::vector<Letter> Letters() {
  return {
      {.kind = TEMPLATE_KIND_INVITATION,
       .name = "Portal invitation",
       .subject = "[DivisionName] invites you to the customer portal",
       .title = "Your customer portal is ready",
       .paragraphs =
           {"You can now look after the account of [AccountName] (number [AccountNumber]) "
            "online. Choose a user ID and a password, and you are in."},
       .link = "[CustomerPortalLink]",
       .button = "Set up my access",
       .remarks = {"The link is yours alone and can be used once, until [ExpiryDate]."},
       .farewell =
           "You did not expect this? Then do nothing: without the link nobody gets access."},
      {.kind = TEMPLATE_KIND_REMINDER,
       .name = "Portal invitation reminder",
       .subject = "Your access to the customer portal of [DivisionName] is waiting",
       .title = "Your access is still waiting",
       .paragraphs =
           {"We invited you to look after the account of [AccountName] (number "
            "[AccountNumber]) online. It takes a minute: choose a user ID and a password."},
       .link = "[CustomerPortalLink]",
       .button = "Set up my access",
       .remarks = {"The link is yours alone and can be used once, until [ExpiryDate]. The one in "
                   "our first mail is as good."},
       .farewell = "You do not want it? Then do nothing: without the link nobody gets access."},
      {.kind = TEMPLATE_KIND_ADDRESS_FOUND,
       .name = "Portal invitation, address found",
       .subject = "We found your account at [DivisionName]",
       .title = "We found your account",
       .paragraphs =
           {"You asked for access to our customer portal with your service address. It is "
            "one of [AccountName] (number [AccountNumber]). Choose a user ID and a "
            "password, and you are in."},
       .link = "[CustomerPortalLink]",
       .button = "Set up my access",
       .remarks = {"The link is yours alone and can be used once, until [ExpiryDate]."},
       .farewell =
           "You did not ask for this? Then do nothing: without the link nobody gets access."},
      {.kind = TEMPLATE_KIND_GENERAL,
       .name = "Check of contact details",
       .subject = "Are you still the right person to write to?",
       .title = "Are your details still right?",
       .paragraphs =
           {"We have you as a contact of [AccountName] (number [AccountNumber]), and write "
            "to you at this e-mail address.",
            "If that is right, you need not do anything. If it is not, please let us "
            "know whom to write to."},
       .farewell = "You get this because you are a contact of one of our customers."},
      {.kind = TEMPLATE_KIND_PASSWORD_RESET,
       .name = "Password reset",
       .subject = "Choose a new password for the customer portal",
       .title = "Choose a new password",
       .paragraphs = {"Somebody, we hope you, forgot the password of [UserId] at [PortalAddress]."},
       .link = "[PasswordResetLink]",
       .button = "Choose a password",
       .remarks = {"The link can be used once, until [ExpiryTime]."},
       .farewell = "It was not you? Then do nothing: your password stays as it is.",
       .signature = "Your customer portal"},
      {.kind = TEMPLATE_KIND_TEMPORARY_PASSWORD,
       .name = "Temporary password",
       .subject = "Your temporary password for the customer portal",
       .title = "Your temporary password",
       .paragraphs =
           {"Your password was reset. Sign in at [PortalAddress] as [UserId] with this one, "
            "and choose your own:"},
       .code = "[TemporaryPassword]",
       .remarks = {"It can be used once, until [ExpiryTime]."},
       .farewell = "You did not ask for this? Please tell us.",
       .signature = "Your customer portal"},
      {.kind = TEMPLATE_KIND_LOGIN_REQUESTED,
       .name = "Login requested",
       .subject = "A login was requested for account [AccountNumber]",
       .title = "A login was requested",
       .paragraphs =
           {"On [EventTime] somebody who gave the name [RequesterName] asked for access to "
            "the customer portal for [AccountName] (number [AccountNumber]), with an "
            "invoice of that account.",
            "If you know of it, you need not do anything. If you do not, please tell us: "
            "we can take the access back."},
       .farewell = "You get this because you are the billing contact of that account."},
      {.kind = TEMPLATE_KIND_PASSWORD_CHANGED,
       .name = "Password changed",
       .subject = "Your password for the customer portal was changed",
       .title = "Your password was changed",
       .paragraphs = {"The password of [UserId] at [PortalAddress] was changed on [EventTime].",
                      "If it was you, you need not do anything. If it was not, choose a new "
                      "password on the sign-in page, and tell us."},
       .farewell = "You get this whenever your password changes.",
       .signature = "Your customer portal"},
      {.kind = TEMPLATE_KIND_EMAIL_CHANGED,
       .name = "E-mail address changed",
       .subject = "Your e-mail address for the customer portal was changed",
       .title = "Your e-mail address was changed",
       .paragraphs = {"Mail for [UserId] at [PortalAddress] goes to another address since "
                      "[EventTime]. This is the last one to this address.",
                      "If it was you, you need not do anything. If it was not, please tell us at "
                      "once."},
       .farewell = "You get this whenever your address changes.",
       .signature = "Your customer portal"}};
}

// Tables and inline styles, which is what all mail readers understand. The style sheet adds what
// some can: dark colors, and less margin on a phone. Dark text on light ground without it.
constexpr char kHead[] = R"html(<!doctype html>
<html lang="en"><head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>$TITLE</title>
<style>
@media (max-width:480px) {
.page { padding:0px !important; }
.wide { padding-left:20px !important; padding-right:20px !important; }
.card, .band { border-radius:0px !important; }
}
@media (prefers-color-scheme:dark) {
.page { background-color:#0f172a !important; }
.card { background-color:#1e293b !important; color:#e2e8f0 !important; }
.quiet { color:#a3b1c6 !important; }
.line { border-color:#3b4a61 !important; color:#a3b1c6 !important; }
.link { color:#6ee7a0 !important; }
.code { background-color:#0f172a !important; color:#e2e8f0 !important; border-color:#3b4a61 !important; }
}
</style>
</head>
<body style="margin:0; padding:0; background-color:#eef1f5; -webkit-text-size-adjust:100%;" class="page">
<div style="display:none; max-height:0; overflow:hidden; mso-hide:all;">$PREHEADER</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class="page" style="background-color:#eef1f5;">
<tr><td align="center" class="page" style="padding:32px 12px;">
<!--[if mso]><table role="presentation" width="560" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class="card" style="max-width:560px; background-color:#ffffff; border-radius:10px; font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif; color:#1f2937; text-align:left;">
<tr><td class="wide band" style="padding:18px 32px; background-color:#14532d; border-radius:10px 10px 0 0; font-size:16px; line-height:24px; font-weight:600; color:#ffffff;">$SIGNATURE</td></tr>
<tr><td class="wide" style="padding:32px 32px 8px; font-size:24px; line-height:32px; font-weight:600;">$TITLE</td></tr>
<tr><td class="wide" style="padding:8px 32px; font-size:16px; line-height:24px;">Hello [ContactName],</td></tr>
)html";

constexpr char kParagraph[] =
    R"html(<tr><td class="wide" style="padding:8px 32px; font-size:16px; line-height:24px;">$TEXT</td></tr>
)html";

constexpr char kButton[] = R"html(<tr><td class="wide" style="padding:24px 32px;">
<table role="presentation" cellpadding="0" cellspacing="0" border="0">
<tr><td align="center" style="background-color:#15803d; border-radius:6px;"><a href="$LINK" style="display:inline-block; padding:14px 28px; font-size:16px; line-height:20px; font-weight:600; color:#ffffff; text-decoration:none;">$BUTTON</a></td></tr>
</table>
</td></tr>
<tr><td class="wide quiet" style="padding:8px 32px; font-size:14px; line-height:20px; color:#4b5563;">If the button does nothing, copy this link into your browser:<br><a href="$LINK" class="link" style="color:#15803d; word-break:break-all;">$LINK</a></td></tr>
)html";

constexpr char kCode[] = R"html(<tr><td class="wide" style="padding:16px 32px;">
<table role="presentation" cellpadding="0" cellspacing="0" border="0">
<tr><td class="code" style="padding:12px 20px; background-color:#f3f4f6; border:1px solid #d1d5db; border-radius:6px; font-family:Consolas,Menlo,monospace; font-size:18px; line-height:24px; word-break:break-all;">$CODE</td></tr>
</table>
</td></tr>
)html";

constexpr char kRemark[] =
    R"html(<tr><td class="wide quiet" style="padding:8px 32px; font-size:14px; line-height:20px; color:#4b5563;">$TEXT</td></tr>
)html";

constexpr char kFoot[] =
    R"html(<tr><td style="padding:12px 0 0; font-size:0; line-height:0;">&nbsp;</td></tr>
<tr><td class="wide line" style="padding:18px 32px 22px; border-top:1px solid #e5e7eb; font-size:13px; line-height:20px; color:#6b7280;">$FAREWELL</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
</table>
</body></html>
)html";

std::string HtmlBody(const Letter& letter) {
  std::string html =
      absl::StrReplaceAll(kHead, {{"$TITLE", letter.title},
                                  {"$PREHEADER", mail::EscapeHtml(letter.paragraphs.front())},
                                  {"$SIGNATURE", letter.signature}});
  for (const std::string& text : letter.paragraphs) {
    html += absl::StrReplaceAll(kParagraph, {{"$TEXT", mail::EscapeHtml(text)}});
  }
  if (letter.link != nullptr) {
    html += absl::StrReplaceAll(kButton, {{"$LINK", letter.link}, {"$BUTTON", letter.button}});
  }
  if (letter.code != nullptr) html += absl::StrReplaceAll(kCode, {{"$CODE", letter.code}});
  for (const std::string& text : letter.remarks) {
    html += absl::StrReplaceAll(kRemark, {{"$TEXT", mail::EscapeHtml(text)}});
  }
  return html + absl::StrReplaceAll(kFoot, {{"$FAREWELL", mail::EscapeHtml(letter.farewell)}});
}

// On lines that need no wider window than others' mails.
std::string Wrapped(std::string_view text) {
  constexpr size_t kWidth = 72;
  std::string lines;
  size_t column = 0;
  for (const absl::string_view word :
       absl::StrSplit(absl::string_view(text.data(), text.size()), ' ')) {
    const bool fits = column + 1 + word.size() <= kWidth;
    if (!lines.empty()) lines += fits ? ' ' : '\n';
    column = fits ? column + 1 + word.size() : word.size();
    absl::StrAppend(&lines, word);
  }
  return lines;
}

std::string TextBody(const Letter& letter) {
  std::vector<std::string> parts = {"Hello [ContactName],"};
  for (const std::string& text : letter.paragraphs) parts.push_back(Wrapped(text));
  if (letter.link != nullptr) parts.push_back(letter.link);
  if (letter.code != nullptr) parts.push_back(letter.code);
  for (const std::string& text : letter.remarks) parts.push_back(Wrapped(text));
  parts.push_back(Wrapped(letter.farewell));
  parts.push_back(letter.signature);
  return absl::StrCat(absl::StrJoin(parts, "\n\n"), "\n");
}

}  // namespace

std::string DefaultTemplateId(TemplateKind kind) {
  return absl::StrFormat("tpl_%024d", static_cast<int>(kind));
}

bool IsDefaultTemplate(std::string_view id) { return id.starts_with("tpl_0000000000000000000000"); }

std::vector<Template> DefaultTemplates() {
  std::vector<Template> templates;
  for (const Letter& letter : Letters()) {
    Template& text = templates.emplace_back();
    text.set_id(DefaultTemplateId(letter.kind));
    text.set_display_name(letter.name);
    text.set_kind(letter.kind);
    text.set_subject(letter.subject);
    text.set_html_body(HtmlBody(letter));
    text.set_text_body(TextBody(letter));
  }
  return templates;
}

}  // namespace portico::invitation

#include "services/invitation/default_template.h"

namespace portico::invitation {
namespace {

constexpr char kSubject[] = "[DivisionName] invites you to the customer portal";

// Tables and inline styles only, which is what all mail readers understand; one
// column, so that it needs no media queries on a phone.
constexpr char kHtmlBody[] = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>Your access to the customer portal</title>
</head>
<body style="margin:0; padding:0; background-color:#eef1f5; -webkit-text-size-adjust:100%;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background-color:#eef1f5;">
<tr><td align="center" style="padding:32px 12px;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px; background-color:#ffffff; border-radius:8px; font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif; color:#1f2937;">
<tr><td style="padding:20px 32px; background-color:#14532d; border-radius:8px 8px 0 0; font-size:16px; line-height:24px; font-weight:600; color:#ffffff;">[DivisionName]</td></tr>
<tr><td style="padding:32px 32px 8px; font-size:24px; line-height:32px; font-weight:600;">Your customer portal is ready</td></tr>
<tr><td style="padding:8px 32px; font-size:16px; line-height:24px;">Hello [ContactName],</td></tr>
<tr><td style="padding:8px 32px; font-size:16px; line-height:24px;">You can now look after the account of [AccountName] (number [AccountNumber]) online. Choose a user ID and a password, and you are in.</td></tr>
<tr><td style="padding:24px 32px;">
<table role="presentation" cellpadding="0" cellspacing="0" border="0">
<tr><td align="center" style="background-color:#15803d; border-radius:6px;"><a href="[CustomerPortalLink]" style="display:inline-block; padding:14px 28px; font-size:16px; line-height:20px; font-weight:600; color:#ffffff; text-decoration:none;">Set up my access</a></td></tr>
</table>
</td></tr>
<tr><td style="padding:8px 32px; font-size:14px; line-height:20px; color:#4b5563;">If the button does nothing, copy this link into your browser:<br><a href="[CustomerPortalLink]" style="color:#15803d; word-break:break-all;">[CustomerPortalLink]</a></td></tr>
<tr><td style="padding:8px 32px 32px; font-size:14px; line-height:20px; color:#4b5563;">The link is yours alone and can be used once, until [ExpiryDate].</td></tr>
<tr><td style="padding:20px 32px; border-top:1px solid #e5e7eb; font-size:13px; line-height:20px; color:#6b7280;">You did not expect this? Then do nothing: without the link nobody gets access.</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
)html";

constexpr char kTextBody[] = R"text(Hello [ContactName],

You can now look after the account of [AccountName] (number [AccountNumber])
online. Choose a user ID and a password, and you are in:

[CustomerPortalLink]

The link is yours alone and can be used once, until [ExpiryDate].

You did not expect this? Then do nothing: without the link nobody gets access.

[DivisionName]
)text";

}  // namespace

portico::invitation::v1::Template DefaultTemplate() {
  portico::invitation::v1::Template text;
  text.set_id(kDefaultTemplateId);
  text.set_display_name("Portal invitation");
  text.set_kind(portico::invitation::v1::TEMPLATE_KIND_INVITATION);
  text.set_subject(kSubject);
  text.set_html_body(kHtmlBody);
  text.set_text_body(kTextBody);
  return text;
}

}  // namespace portico::invitation

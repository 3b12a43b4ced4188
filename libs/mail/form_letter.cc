#include "libs/mail/form_letter.h"

#include <absl/strings/str_cat.h>
#include <glib.h>

#include <algorithm>

#include "libs/base/status_macros.h"
#include "libs/mail/html_text.h"
#include "libs/mail/quoted_printable.h"

namespace portico::mail {
namespace {

// In quoted-printable a "=" is never followed by "_", so no body can hold it (RFC 2045, section
// 6.7).
constexpr std::string_view kAlternative =
    "Content-Type: multipart/alternative; boundary=\"=_portico_alternative\"\r\n\r\n";
constexpr std::string_view kBoundary = "--=_portico_alternative\r\n";
constexpr std::string_view kNextBoundary = "\r\n--=_portico_alternative\r\n";
constexpr std::string_view kLastBoundary = "\r\n--=_portico_alternative--\r\n";

// GLib refuses a NUL as well.
bool IsUtf8(std::string_view text) {
  return g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr);
}

bool IsEmpty(const FormLetter::Body& body) {
  return std::ranges::all_of(
      body, [](const FormLetter::Piece& piece) { return piece.text.empty() && !piece.value; });
}

}  // namespace

absl::StatusOr<FormLetter> FormLetter::Prepare(const Body& text_body, const Body& html_body) {
  FormLetter letter;
  ASSIGN_OR_RETURN(letter.text_, Encode("text_body", "plain", text_body));
  ASSIGN_OR_RETURN(letter.html_, Encode("html_body", "html", html_body));
  letter.html_.escapes = true;
  if (letter.text_.type.empty() && letter.html_.type.empty()) {
    return absl::InvalidArgumentError("text_body: want a text body, an HTML body or both");
  }
  for (const Body* body : {&text_body, &html_body}) {
    for (const Piece& piece : *body) {
      if (piece.value) letter.value_count_ = std::max(letter.value_count_, *piece.value + 1);
    }
  }
  return letter;
}

absl::StatusOr<FormLetter::EncodedBody> FormLetter::Encode(std::string_view field,
                                                           std::string_view type,
                                                           const Body& body) {
  EncodedBody encoded;
  if (IsEmpty(body)) return encoded;
  encoded.type = type;
  for (const Piece& piece : body) {
    if (!IsUtf8(piece.text)) {
      return absl::InvalidArgumentError(
          absl::StrCat(std::string(field), ": want UTF-8 without NUL"));
    }
    encoded.pieces.push_back({EncodeQuotedPrintable(piece.text), piece.value});
  }
  return encoded;
}

absl::Status FormLetter::AppendTo(std::string& message, std::span<const std::string> values) const {
  if (values.size() < value_count_) {
    return absl::InvalidArgumentError(
        absl::StrCat("values: got ", values.size(), ", want ", value_count_));
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (!IsUtf8(values[i])) {
      return absl::InvalidArgumentError(absl::StrCat("values[", i, "]: want UTF-8 without NUL"));
    }
  }
  if (text_.type.empty() || html_.type.empty()) {
    AppendBody(message, text_.type.empty() ? html_ : text_, values);
    if (!message.ends_with("\r\n")) message += "\r\n";
    return absl::OkStatus();
  }
  message += kAlternative;
  message += kBoundary;
  AppendBody(message, text_, values);
  message += kNextBoundary;
  AppendBody(message, html_, values);
  message += kLastBoundary;
  return absl::OkStatus();
}

void FormLetter::AppendBody(std::string& message, const EncodedBody& body,
                            std::span<const std::string> values) {
  absl::StrAppend(&message, "Content-Type: text/", std::string(body.type),
                  "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
  // A link mostly stands in an HTML body several times.
  std::vector<std::optional<std::string>> encoded(values.size());
  for (const EncodedPiece& piece : body.pieces) {
    AppendQuotedPrintable(message, piece.text);
    if (!piece.value) continue;
    std::optional<std::string>& value = encoded[*piece.value];
    if (!value) {
      value = EncodeQuotedPrintable(body.escapes ? EscapeHtml(values[*piece.value])
                                                 : values[*piece.value]);
    }
    AppendQuotedPrintable(message, *value);
  }
  EndQuotedPrintable(message);
}

}  // namespace portico::mail

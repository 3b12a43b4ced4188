#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace portico::mail {

// The bodies of a letter that goes to many: what is the same in all is encoded once, so that
// another letter costs little more than copying its bytes. Never changes; thread-safe.
class FormLetter {
 public:
  // Text, and after it the value with that number.
  struct Piece {
    std::string text;
    std::optional<size_t> value = std::nullopt;
  };
  using Body = std::vector<Piece>;

  // One of the bodies may be empty; with both, readers choose.
  // INVALID_ARGUMENT names the body: text that is not UTF-8 or holds a NUL, or no body.
  static absl::StatusOr<FormLetter> Prepare(const Body& text_body, const Body& html_body);

  // Adds the letter with these values to `message`, as a MIME entity in 7 bits: the body's own
  // headers, an empty line, and the body. Values are plain text, escaped in the HTML body.
  // INVALID_ARGUMENT: one is missing, is not UTF-8 or holds a NUL.
  absl::Status AppendTo(std::string& message, std::span<const std::string> values) const;

 private:
  struct EncodedPiece {
    std::string text;
    std::optional<size_t> value;
  };
  struct EncodedBody {
    std::string_view type;  // Empty without a body.
    std::vector<EncodedPiece> pieces;
    bool escapes = false;
  };

  FormLetter() = default;
  static absl::StatusOr<EncodedBody> Encode(std::string_view field, std::string_view type,
                                            const Body& body);
  static void AppendBody(std::string& message, const EncodedBody& body,
                         std::span<const std::string> values);

  EncodedBody text_, html_;
  size_t value_count_ = 0;
};

}  // namespace portico::mail

#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>

namespace portico::cli {

// The longest row of a file, in bytes. What is longer is most likely a quote that never closes.
inline constexpr size_t kLongestRow = size_t{1} << 20;

// A file that is read from its begin to its end, a piece of it at a time.
class InputBuffer {
 public:
  // A byte order mark of UTF-8 is skipped. `input` outlives this.
  explicit InputBuffer(std::istream& input);

  // What was read and not consumed; valid until the next call of another method.
  std::string_view Unread() const { return std::string_view(bytes_).substr(begin_); }
  // Reads more behind it. False at the end of the file.
  bool ReadMore();
  void Consume(size_t count);
  // Consumes all up to the next line, or the end.
  void ConsumeLine();

  // The number of the line that Unread() begins in; the first is 1.
  int64_t line() const { return line_; }
  // Whether the file ended because it could not be read on.
  bool failed() const { return input_.bad(); }

 private:
  std::istream& input_;
  std::string bytes_;
  size_t begin_ = 0;
  int64_t line_ = 1;
};

}  // namespace portico::cli

#include "tools/cli/input_buffer.h"

#include <algorithm>

namespace portico::cli {
namespace {

constexpr size_t kPiece = size_t{64} << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

InputBuffer::InputBuffer(std::istream& input) : input_(input) {
  ReadMore();
  if (Unread().starts_with(kByteOrderMark)) begin_ = kByteOrderMark.size();
}

bool InputBuffer::ReadMore() {
  bytes_.erase(0, begin_);
  begin_ = 0;
  const size_t size = bytes_.size();
  bytes_.resize(size + kPiece);
  input_.read(bytes_.data() + size, kPiece);
  const auto count = static_cast<size_t>(input_.gcount());
  bytes_.resize(size + count);
  return count > 0;
}

void InputBuffer::Consume(size_t count) {
  line_ += std::ranges::count(Unread().substr(0, count), '\n');
  begin_ += count;
}

void InputBuffer::ConsumeLine() {
  while (true) {
    const size_t end = Unread().find('\n');
    if (end != std::string_view::npos) return Consume(end + 1);
    Consume(Unread().size());
    if (!ReadMore()) return;
  }
}

}  // namespace portico::cli

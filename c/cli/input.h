// SPDX-License-Identifier: MIT OR Apache-2.0
// A file or standard input, read byte by byte, which knows its line.
#ifndef DRYSTONE_CLI_INPUT_H
#define DRYSTONE_CLI_INPUT_H

#include <cstdint>
#include <string>
#include <vector>

namespace cli {

class Input {
 public:
  // `path` "-" is standard input.
  explicit Input(const std::string &path);
  ~Input();
  Input(const Input &) = delete;
  Input &operator=(const Input &) = delete;

  // The next byte, or -1 at the end. A read error is a Failure.
  int get() {
    const int byte = peek();
    if (byte < 0) return byte;
    at_++;
    at_line_start_ = byte == '\n';
    line_ += at_line_start_;
    return byte;
  }
  // The same, but leaves it there.
  int peek() { return at_ < end_ || refill() ? static_cast<unsigned char>(buffer_[at_]) : -1; }
  // Goes to the start of the next line, unless it is at the start of one now.
  void skip_line();

  // As people should read it: the path, or "standard input".
  const std::string &name() const { return name_; }
  // The line, from 1, that the next byte is in.
  uint64_t line() const { return line_; }
  uint64_t position() const { return before_ + at_; }
  // 0 where it is not known (a pipe).
  uint64_t size_bytes() const { return size_bytes_; }
  // Whether opening the path again gives the same bytes again.
  bool repeatable() const { return repeatable_; }

 private:
  bool refill();

  std::string name_;
  int descriptor_;
  bool repeatable_ = false;
  bool at_line_start_ = true;
  uint64_t size_bytes_ = 0;
  uint64_t line_ = 1;
  uint64_t before_ = 0;
  size_t at_ = 0;
  size_t end_ = 0;
  std::vector<char> buffer_;
};

// All that is left of an input.
std::string read_all(Input &input);

}  // namespace cli

#endif

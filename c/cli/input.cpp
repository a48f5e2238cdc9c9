// SPDX-License-Identifier: MIT OR Apache-2.0
#include "input.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failure.h"

namespace cli {
namespace {

constexpr size_t kBufferBytes = 1 << 16;

}  // namespace

Input::Input(const std::string &path) : name_(path == "-" ? "standard input" : path), buffer_(kBufferBytes) {
  descriptor_ = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) fail_with_errno(name_, errno);
  struct stat facts{};
  fstat(descriptor_, &facts);
  if (S_ISDIR(facts.st_mode)) fail_with_errno(name_, EISDIR);
  if (S_ISREG(facts.st_mode)) {
    size_bytes_ = static_cast<uint64_t>(facts.st_size);
    repeatable_ = path != "-";
  }
}

Input::~Input() {
  if (descriptor_ != STDIN_FILENO) close(descriptor_);
}

bool Input::refill() {
  before_ += end_;
  at_ = 0;
  end_ = 0;
  ssize_t got;
  do {
    got = read(descriptor_, buffer_.data(), buffer_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) fail_with_errno(name_, errno);
  end_ = static_cast<size_t>(got);
  return end_ > 0;
}

void Input::skip_line() {
  while (!at_line_start_ && get() >= 0) {
  }
}

std::string read_all(Input &input) {
  std::string out;
  for (int byte = input.get(); byte >= 0; byte = input.get()) out += static_cast<char>(byte);
  return out;
}

}  // namespace cli

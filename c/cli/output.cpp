// SPDX-License-Identifier: MIT OR Apache-2.0
#include "output.h"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failure.h"

namespace cli {
namespace {

constexpr size_t kBufferBytes = 1 << 16;

// Renaming onto a pipe or device would replace it, and renaming onto a link would lose what it points at.
bool replaceable(const std::string &path) {
  struct stat facts;
  return lstat(path.c_str(), &facts) != 0 || S_ISREG(facts.st_mode);
}

// What a plain open() would have given the file; mkstemp knows only 0600.
mode_t usual_permissions(const std::string &path) {
  struct stat facts;
  if (lstat(path.c_str(), &facts) == 0) return facts.st_mode & 07777;
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

Output::Output(const std::string &path) : path_(path), name_(path) {
  if (path == "-") {
    name_ = "standard output";
    descriptor_ = STDOUT_FILENO;
  } else if (replaceable(path)) {
    temporary_ = path + ".XXXXXX";
    descriptor_ = mkostemp(temporary_.data(), O_CLOEXEC);
    if (descriptor_ < 0) temporary_.clear();
  } else {
    descriptor_ = open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  }
  if (descriptor_ < 0) fail_with_errno(name_, errno);
}

Output::~Output() {
  if (descriptor_ > STDERR_FILENO) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void Output::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= kBufferBytes) flush();
}

void Output::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t put = ::write(descriptor_, rest.data(), rest.size());
    if (put >= 0) {
      rest.remove_prefix(static_cast<size_t>(put));
    } else if (errno == EPIPE) {
      throw ReaderGone();
    } else if (errno != EINTR) {
      fail_with_errno(name_, errno);
    }
  }
  buffer_.clear();
}

void Output::finish() {
  flush();
  if (descriptor_ == STDOUT_FILENO) return;
  const int descriptor = descriptor_;
  descriptor_ = -1;
  bool good = true;
  int error = 0;
  const auto note = [&](int result) {
    if (result != 0 && good) error = errno;
    good = good && result == 0;
  };
  if (!temporary_.empty()) {
    note(fchmod(descriptor, usual_permissions(path_)));
    note(fsync(descriptor));
  }
  note(close(descriptor));
  if (good && !temporary_.empty()) note(rename(temporary_.c_str(), path_.c_str()));
  if (!good) fail_with_errno(name_, error);
  temporary_.clear();
}

void print(std::string_view text) {
  Output out("-");
  out.write(text);
  out.finish();
}

}  // namespace cli

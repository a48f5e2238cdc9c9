/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/support/process.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace fs = std::filesystem;

namespace support {
namespace {

int RunAndReport(const std::function<int()> &body) {
  try {
    return body();
  } catch (const std::exception &error) {
    std::fprintf(stderr, "child: %s\n", error.what());
    return 120;
  }
}

}  // namespace

Child::Child(const std::function<int()> &body) {
  std::fflush(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // 0: the parent is outside of the child's pid namespace.
  if (getppid() != parent && getppid() != 0) _exit(121);
  const int code = RunAndReport(body);
  std::fflush(nullptr);
  _exit(code);
}

Child::~Child() {
  if (done_) return;
  Kill();
}

void Child::Signal(int signal) { kill(pid_, signal); }

void Child::Kill() {
  if (!done_) kill(pid_, SIGKILL);
  Wait();
}

int Child::Wait() {
  if (done_) return result_;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0) {
  }
  done_ = true;
  result_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return result_;
}

Pipe::Pipe() {
  if (pipe(ends_) != 0) throw std::runtime_error("cannot make a pipe");
}

Pipe::~Pipe() {
  close(ends_[0]);
  CloseSender();
}

void Pipe::CloseSender() {
  if (ends_[1] >= 0) close(ends_[1]);
  ends_[1] = -1;
}

void Pipe::Send(char message) {
  if (write(ends_[1], &message, 1) != 1) throw std::runtime_error("cannot write to a pipe");
}

char Pipe::Receive() {
  struct pollfd ready = {ends_[0], POLLIN, 0};
  char message = 0;
  if (poll(&ready, 1, 30000) != 1) return 0;
  return read(ends_[0], &message, 1) == 1 ? message : 0;
}

Held HeldNow() {
  Held held = {0, 0};
  for (const fs::directory_entry &entry : fs::directory_iterator("/proc/self/fd")) {
    static_cast<void>(entry);
    held.descriptors++;
  }
  // Anonymous mappings come and go with the allocator and the sanitizers, so only those of files are counted.
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) held.mappings += line.find('/') != std::string::npos;
  return held;
}

std::string DescriptorList() {
  std::string list;
  for (const fs::directory_entry &entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    list += entry.path().filename().string() + " -> " + fs::read_symlink(entry.path(), ignored).string() + "\n";
  }
  return list;
}

}  // namespace support

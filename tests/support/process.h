/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* process.h: child processes that never outlive their test, and what a process holds of the system. */
#ifndef DRYSTONE_TESTS_SUPPORT_PROCESS_H
#define DRYSTONE_TESTS_SUPPORT_PROCESS_H

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace support {

/** A forked child that runs `body` and leaves with what it returns. It never outlives its parent, or this object. */
class Child {
 public:
  explicit Child(const std::function<int()> &body);
  ~Child();
  Child(const Child &) = delete;
  Child &operator=(const Child &) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal);
  void Kill();
  /** Waits for its end: its exit code, or minus the signal that ended it. */
  int Wait();

 private:
  pid_t pid_;
  bool done_ = false;
  int result_ = 0;
};

/** A pipe for one-byte messages between a test and its child. */
class Pipe {
 public:
  Pipe();
  ~Pipe();
  Pipe(const Pipe &) = delete;
  Pipe &operator=(const Pipe &) = delete;
  void Send(char message);
  /** The next message; 0 when the other side has gone or 30 seconds have passed. */
  char Receive();
  /** In the parent, after the fork, so that the child's end is noticed. */
  void CloseSender();

 private:
  int ends_[2];
};

/** Open descriptors, memory mappings: compared before and after a call that must not leak. */
struct Held {
  size_t descriptors;
  size_t mappings;
  bool operator==(const Held &other) const {
    return descriptors == other.descriptors && mappings == other.mappings;
  }
};
Held HeldNow();

/** The open descriptors as "number -> target" lines, to print when they differ. */
std::string DescriptorList();

}  // namespace support

#endif

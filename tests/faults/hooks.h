/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* hooks.h: the core's hooks as one place to count, kill and refuse at. One at a time in a process. */
#ifndef DRYSTONE_TESTS_FAULTS_HOOKS_H
#define DRYSTONE_TESTS_FAULTS_HOOKS_H

#include <functional>
#include <string>

namespace faults {

/** Calls `step` at every step of the core and `fail` before its system calls and allocations, while it lives. */
class Hooks {
 public:
  Hooks(std::function<void(const std::string &)> step, std::function<int(const std::string &)> fail);
  ~Hooks();
  Hooks(const Hooks &) = delete;
  Hooks &operator=(const Hooks &) = delete;

 private:
  static void Step(void *context, const char *name);
  static int Fail(void *context, const char *call);
  std::function<void(const std::string &)> step_;
  std::function<int(const std::string &)> fail_;
};

/** Kills this process at its n-th step or system call, counted from 1 after the step `from` was met ("": at once). */
class KillAt {
 public:
  explicit KillAt(uint64_t n, std::string from = "");

 private:
  void Count(const std::string &name);
  uint64_t left_;
  std::string from_;
  Hooks hooks_;
};

}  // namespace faults

#endif

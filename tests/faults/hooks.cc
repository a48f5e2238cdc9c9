/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/faults/hooks.h"

#include <signal.h>
#include <unistd.h>

#include "base/hooks.h"

namespace faults {

Hooks::Hooks(std::function<void(const std::string &)> step, std::function<int(const std::string &)> fail)
    : step_(std::move(step)), fail_(std::move(fail)) {
  dryi_hooks_now = {Step, Fail, this};
}

Hooks::~Hooks() { dryi_hooks_now = {nullptr, nullptr, nullptr}; }

void Hooks::Step(void *context, const char *name) {
  const Hooks *hooks = static_cast<Hooks *>(context);
  if (hooks->step_) hooks->step_(name);
}

int Hooks::Fail(void *context, const char *call) {
  const Hooks *hooks = static_cast<Hooks *>(context);
  return hooks->fail_ ? hooks->fail_(call) : 0;
}

KillAt::KillAt(uint64_t n, std::string from)
    : left_(n),
      from_(std::move(from)),
      hooks_([this](const std::string &name) { Count(name); },
             [this](const std::string &name) {
               Count(name);
               return 0;
             }) {}

void KillAt::Count(const std::string &name) {
  if (name == from_) from_.clear();
  if (from_.empty() && --left_ == 0) kill(getpid(), SIGKILL);
}

}  // namespace faults

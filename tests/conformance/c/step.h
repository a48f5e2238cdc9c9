// SPDX-License-Identifier: MIT OR Apache-2.0
// step.h: one step of a scenario, checked.
#ifndef TESTS_CONFORMANCE_C_STEP_H
#define TESTS_CONFORMANCE_C_STEP_H

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "operation.h"

struct Step {
  const Operation *operation = nullptr;
  std::string as, on, in;  // empty: not given
  std::map<std::string, Integer> integers;
  std::map<std::string, bool> answers;       // yes or no
  std::map<std::string, std::string> texts;  // bytes, names and choices
  std::vector<std::string> keys;
  Json expect = Json::object();

  uint64_t integer(const std::string &name) const { return integers.at(name).bits; }
  uint64_t integer_or_zero(const std::string &name) const { return integers.count(name) != 0 ? integer(name) : 0; }
  bool answer_or_no(const std::string &name) const { return answers.count(name) != 0 && answers.at(name); }
  bool has_text(const std::string &name) const { return texts.count(name) != 0; }
  // The text of an optional argument, or nothing.
  std::string text_or_empty(const std::string &name) const { return has_text(name) ? texts.at(name) : std::string(); }
};

// Throws Malformed for anything wrong that can be seen without running it.
Step parse_step(const Json &json);

// Calls `visit` with each step, repeats expanded; with `once` each repeat is taken once, whatever its count.
void for_each_step(const Json &steps, bool once, const std::function<void(const Json &)> &visit);

// Refuses members besides `allowed`.
void allow_members(const Json &object, const std::vector<std::string> &allowed);

#endif

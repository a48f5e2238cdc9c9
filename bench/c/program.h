// SPDX-License-Identifier: MIT OR Apache-2.0
// What a program takes from its environment and leaves in its folder; bench/README.md defines both.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace bench {

struct Settings {
  uint64_t keys = 1000000;
  double seconds = 0.5;
  uint64_t seed = 1;
  std::set<std::string> operations;  // empty: all

  bool wants(const std::string &operation) const { return operations.empty() || operations.count(operation) != 0; }
};

// Reads DRYSTONE_BENCH_*; ends the program with a message when a value makes no sense.
Settings settings_from_environment();

// Ends the program with exit 1: a figure whose check failed must not reach a table.
[[noreturn]] void fail(const std::string &benchmark, const std::string &cause);

// The lines of extra.jsonl. A benchmark that runs again replaces what it said before.
class Extras {
 public:
  void set(const std::string &benchmark, const std::string &key, double value) { lines_[benchmark][key] = value; }
  void write(const std::string &folder) const;

 private:
  std::map<std::string, std::map<std::string, double>> lines_;
};

// Keeps the compiler from dropping what was written to `memory`.
inline void escape(void *memory) { asm volatile("" : : "g"(memory) : "memory"); }

}  // namespace bench

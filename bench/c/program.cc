// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bench/c/program.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace bench {

void fail(const std::string &benchmark, const std::string &cause) {
  std::fprintf(stderr, "%s: %s\n", benchmark.c_str(), cause.c_str());
  std::exit(1);
}

static double number(const char *name, double fallback, double low, double high) {
  const char *text = std::getenv(name);
  if (text == nullptr || *text == '\0') return fallback;
  char *end = nullptr;
  const double value = std::strtod(text, &end);
  if (*end != '\0' || !(value >= low && value <= high)) {
    fail(name, std::string("'") + text + "' is not a number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

static double whole(const char *name, double fallback, double low, double high) {
  const double value = number(name, fallback, low, high);
  if (value != std::floor(value)) fail(name, "must be a whole number");
  return value;
}

Settings settings_from_environment() {
  Settings settings;
  // Orders hold indices of 32 bits, and delete_insert needs twice as many keys as are present.
  settings.keys = static_cast<uint64_t>(whole("DRYSTONE_BENCH_KEYS", 1e6, 64, 1e9));
  settings.seconds = number("DRYSTONE_BENCH_SECONDS", 0.5, 0.0001, 3600);
  settings.seed = static_cast<uint64_t>(whole("DRYSTONE_BENCH_SEED", 1, 0, 9e15));
  const char *operations = std::getenv("DRYSTONE_BENCH_OPERATIONS");
  std::istringstream names(operations == nullptr ? "" : operations);
  for (std::string name; std::getline(names, name, ',');) {
    if (!name.empty()) settings.operations.insert(name);
  }
  return settings;
}

void Extras::write(const std::string &folder) const {
  const std::string path = folder + "/extra.jsonl";
  FILE *file = std::fopen(path.c_str(), "w");
  if (file == nullptr) fail(path, "cannot be written");
  for (const auto &[benchmark, values] : lines_) {
    std::fprintf(file, "{\"name\":\"%s\"", benchmark.c_str());
    for (const auto &[key, value] : values) std::fprintf(file, ",\"%s\":%.17g", key.c_str(), value);
    std::fprintf(file, "}\n");
  }
  if (std::fclose(file) != 0) fail(path, "cannot be written");
}

}  // namespace bench

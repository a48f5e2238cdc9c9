// SPDX-License-Identifier: MIT OR Apache-2.0
#include "world.h"

#include <cstdlib>
#include <filesystem>
#include <random>
#include <system_error>

namespace {

std::string environment(const char *name, const char *otherwise) {
  const char *value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

std::string random_hex() {
  std::random_device device;
  char text[32];
  std::snprintf(text, sizeof text, "%08x%08x", static_cast<unsigned>(device()), static_cast<unsigned>(device()));
  return text;
}

std::string make_directory() {
  std::string pattern = environment("TMPDIR", "/tmp") + "/drystone-conformance-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "cannot make a directory " + pattern);
  }
  return pattern;
}

void refuse_nul(const std::string &name) {
  if (name.find('\0') != std::string::npos) throw Failure{DRY_INVALID_ARGUMENT, "the name has a NUL in it"};
}

}  // namespace

void check(dry_status status, const dry_detail *detail) {
  if (status != DRY_OK) throw Failure{status, detail != nullptr ? detail->text : ""};
}

void refuse_negative(const Step &step) {
  for (const auto &[name, integer] : step.integers) {
    if (integer.negative) throw Failure{DRY_INVALID_ARGUMENT, name + " is negative"};
  }
}

World::World()
    : directory_(make_directory()),
      prefix_(environment("DRYSTONE_SHM_PREFIX", "drystone-conformance-") + random_hex() + "-") {}

World::~World() {
  named_.clear();
  // The youngest goes first: what lies in a region or was taken from a pool is younger than that.
  while (!all_.empty()) all_.pop_back();
  for (const std::string &name : shared_names_) dry_region_unlink(DRY_REGION_SHARED, name.c_str(), nullptr);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void World::bind(const std::string &as, std::shared_ptr<Object> object) {
  all_.push_back(object);
  if (!as.empty()) named_[as] = std::move(object);
}

std::string World::path(const std::string &name) const {
  refuse_nul(name);
  return name.empty() || name[0] == '/' ? name : directory_ + "/" + name;
}

std::string World::shared_name(const std::string &name) {
  refuse_nul(name);
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) return name;
  shared_names_.push_back(prefix_ + name);
  return shared_names_.back();
}

std::string World::fresh_shared_name() { return shared_name("fresh-" + std::to_string(fresh_count_++)); }

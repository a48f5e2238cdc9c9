// SPDX-License-Identifier: MIT OR Apache-2.0
// world.h: the objects of one scenario, and where their files and shared names lie.
#ifndef TESTS_CONFORMANCE_C_WORLD_H
#define TESTS_CONFORMANCE_C_WORLD_H

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "drystone/drystone.h"
#include "step.h"

// A call of the library that failed, or that the runner answers in its place.
struct Failure {
  dry_status status;
  std::string detail;
};

// Throws Failure unless the status is DRY_OK.
void check(dry_status status, const dry_detail *detail = nullptr);

// Throws Failure for a negative integer among the arguments: the library takes unsigned ones.
void refuse_negative(const Step &step);

// What a name can stand for. Handles must not move, so objects are only ever held by pointer. Each sort has a `kSort`.
struct Object {
  Object() = default;
  Object(const Object &) = delete;
  Object &operator=(const Object &) = delete;
  virtual ~Object() = default;
};

class World {
 public:
  World();
  ~World();
  World(const World &) = delete;
  World &operator=(const World &) = delete;

  void bind(const std::string &as, std::shared_ptr<Object> object);
  bool is_bound(const std::string &name) const { return named_.count(name) != 0; }

  // Throws Malformed where the name stands for nothing, or for another sort.
  template <typename Sort>
  std::shared_ptr<Sort> get(const std::string &name) const {
    const auto found = named_.find(name);
    auto object = found == named_.end() ? nullptr : std::dynamic_pointer_cast<Sort>(found->second);
    if (object == nullptr) throw Malformed("\"" + name + "\" is not " + Sort::kSort + " that was made");
    return object;
  }

  // What the library is given for a name in a scenario. Throws Failure for a name that C cannot be given.
  std::string path(const std::string &name) const;
  std::string shared_name(const std::string &name);
  std::string fresh_shared_name();

 private:
  std::string directory_;
  std::string prefix_;
  uint64_t fresh_count_ = 0;
  std::vector<std::string> shared_names_;
  std::map<std::string, std::shared_ptr<Object>> named_;
  // What a name stood for before it was bound again stays open.
  std::vector<std::shared_ptr<Object>> all_;
};

#endif

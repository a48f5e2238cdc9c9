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

// An open region. Handles must not move, so objects are only ever held by pointer.
struct Region {
  Region() = default;
  Region(const Region &) = delete;
  Region &operator=(const Region &) = delete;
  ~Region() { dry_region_close(&handle); }

  dry_region handle{};
  uint32_t kind = 0;
  uint32_t mode = 0;
  std::string path;  // of kind file
  bool closed = false;
};

// A kv opened in a region, for writing or for reading.
struct Kv {
  Kv() = default;
  Kv(const Kv &) = delete;
  Kv &operator=(const Kv &) = delete;
  ~Kv();

  dry_kv_reader *reads() { return is_writer ? dry_kv_writer_reader(&writer) : &reader; }
  bool is_closed() const { return closed || region->closed; }

  std::shared_ptr<Region> region;
  std::string part;
  bool is_writer = false;
  bool closed = false;
  dry_kv_writer writer{};
  dry_kv_reader reader{};
};

class World {
 public:
  World();
  ~World();
  World(const World &) = delete;
  World &operator=(const World &) = delete;

  void bind(const std::string &as, std::shared_ptr<Region> region);
  void bind(const std::string &as, std::shared_ptr<Kv> kv);
  // Both throw Malformed where the name stands for nothing, or for the other sort.
  std::shared_ptr<Region> region(const std::string &name) const;
  std::shared_ptr<Kv> kv(const std::string &name) const;
  bool is_bound(const std::string &name) const;

  // What the library is given for a name in a scenario. Throws Failure for a name that C cannot be given.
  std::string path(const std::string &name) const;
  std::string shared_name(const std::string &name);
  std::string fresh_shared_name();

 private:
  std::string directory_;
  std::string prefix_;
  uint64_t fresh_count_ = 0;
  std::vector<std::string> shared_names_;
  std::map<std::string, std::shared_ptr<Region>> regions_;
  std::map<std::string, std::shared_ptr<Kv>> kvs_;
  // What a name stood for before it was bound again stays open. Kvs go before the regions that they lie in.
  std::vector<std::shared_ptr<Region>> all_regions_;
  std::vector<std::shared_ptr<Kv>> all_kvs_;
};

#endif

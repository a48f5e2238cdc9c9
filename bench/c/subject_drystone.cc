// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bench/c/subject_drystone.h"

#include <unistd.h>

#include <chrono>

namespace bench {

static constexpr char kPart[] = "bench";

static void must_open(dry_status status, const dry_detail &detail) {
  if (status != DRY_OK) fail(Drystone::kName, detail.text);
}

static std::string fresh_name() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return "drystone-bench-" + std::to_string(getpid()) + "-" + std::to_string(now);
}

Drystone::Drystone(uint64_t keys, bool prefault) {
  dry_kv_options kv = {};
  kv.struct_size = sizeof kv;
  kv.layout = DRY_KV_LAYOUT_BLOCKS;
  kv.entries = keys;
  kv.bytes = keys * (sizeof(Key) + sizeof(Value));
  dry_detail detail = {};
  if (dry_kv_required_bytes(&kv, &bytes_) != DRY_OK) fail(kName, "dry_kv_required_bytes refuses the options");

  const std::string name = fresh_name();
  dry_region_options options = {};
  options.struct_size = sizeof options;
  options.kind = DRY_REGION_SHARED;
  options.name = name.c_str();
  // Header page, directory, and rounding to pages.
  options.size_bytes = bytes_ + 16 * DRY_REGION_PAGE_BYTES;
  options.flags = prefault ? DRY_REGION_PREFAULT : 0;
  must_open(dry_region_create(&options, &region_, &detail), detail);
  // The name goes at once, so that a program that is killed leaves nothing in /dev/shm.
  must_open(dry_region_unlink(DRY_REGION_SHARED, name.c_str(), &detail), detail);
  must_open(dry_kv_create(&region_, kPart, sizeof kPart - 1, &kv, &writer_, &detail), detail);
}

Drystone::~Drystone() {
  dry_kv_writer_close(&writer_);
  dry_region_close(&region_);
}

Drystone::Reader::Reader(dry_region *region) {
  dry_detail detail = {};
  must_open(dry_kv_reader_open(region, kPart, sizeof kPart - 1, 0, &handle_, &detail), detail);
}

}  // namespace bench

// SPDX-License-Identifier: MIT OR Apache-2.0
#include "shared_pool_steps.h"

#include "slots.h"

namespace {

// What is taken and freed by slot goes through a cache, which is opened when it is first needed.
struct SharedPool : Part {
  static constexpr const char *kSort = "a shared pool";
  using Options = dry_shared_pool_options;
  using Stats = dry_shared_pool_stats;
  static constexpr auto kCreate = dry_shared_pool_create;
  static constexpr auto kCreateIn = dry_shared_pool_create_in;
  static constexpr auto kOpen = dry_shared_pool_open;
  static constexpr auto kReleaseAt = dry_shared_pool_release_at;
  static constexpr auto kFill = dry_shared_pool_fill;
  static constexpr auto kRead = dry_shared_pool_read;
  static constexpr auto kReset = dry_shared_pool_reset;
  static constexpr auto kGetStats = dry_shared_pool_get_stats;

  static void read_options(const Step &step, Options &options) { read_slot_options(step, options); }
  ~SharedPool() override { close(); }

  dry_status acquire(uint32_t *slot) {
    const dry_status status = open_cache();
    return status == DRY_OK ? dry_shared_pool_cache_acquire(&cache, slot) : status;
  }

  dry_status release(uint32_t slot) {
    const dry_status status = open_cache();
    return status == DRY_OK ? dry_shared_pool_cache_release(&cache, slot) : status;
  }

  dry_status close() {
    const dry_status status = has_cache ? dry_shared_pool_cache_close(&cache) : DRY_OK;
    return status == DRY_OK ? dry_shared_pool_close(&handle) : status;
  }

  dry_shared_pool handle{};
  dry_shared_pool_cache cache{};
  bool has_cache = false;

 private:
  dry_status open_cache() {
    if (has_cache) return DRY_OK;
    dry_detail detail{};
    const dry_status status = dry_shared_pool_cache_open(&handle, &cache, &detail);
    has_cache = status == DRY_OK;
    return status;
  }
};

}  // namespace

std::vector<Operation> shared_pool_operations() { return SlotSteps<SharedPool>::operations("shared_pool"); }

// SPDX-License-Identifier: MIT OR Apache-2.0
#include "pool_steps.h"

#include "slots.h"

namespace {

struct Pool : Part {
  static constexpr const char *kSort = "a pool";
  using Options = dry_pool_options;
  using Stats = dry_pool_stats;
  static constexpr auto kCreate = dry_pool_create;
  static constexpr auto kCreateIn = dry_pool_create_in;
  static constexpr auto kOpen = dry_pool_open;
  static constexpr auto kReleaseAt = dry_pool_free_at;
  static constexpr auto kFill = dry_pool_fill;
  static constexpr auto kRead = dry_pool_read;
  static constexpr auto kReset = dry_pool_reset;
  static constexpr auto kGetStats = dry_pool_get_stats;

  static void read_options(const Step &step, Options &options) { read_slot_options(step, options); }
  ~Pool() override { close(); }

  dry_status acquire(uint32_t *slot) { return dry_pool_acquire(&handle, slot); }
  dry_status release(uint32_t slot) { return dry_pool_release(&handle, slot); }
  dry_status close() { return dry_pool_close(&handle); }

  dry_pool handle{};
};

Json stats_with_peak(World &world, const Step &step) {
  Json result = SlotSteps<Pool>::stats(world, step);
  result["peak"] = canonical_integer(SlotSteps<Pool>::stats_of(*world.get<Pool>(step.on)).peak);
  return result;
}

}  // namespace

std::vector<Operation> pool_operations() {
  std::vector<Operation> operations = SlotSteps<Pool>::operations("pool");
  for (Operation &operation : operations) {
    if (operation.name != "pool.stats") continue;
    operation.run = stats_with_peak;
    operation.results.push_back({"peak", ResultType::kInteger});
  }
  return operations;
}

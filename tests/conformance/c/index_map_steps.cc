// SPDX-License-Identifier: MIT OR Apache-2.0
#include "index_map_steps.h"

#include <limits>

#include "part.h"

namespace {

constexpr uint64_t kListedAtOnce = 1000;

struct IndexMap : Part {
  static constexpr const char *kSort = "an index map";
  using Options = dry_index_map_options;
  static constexpr auto kCreate = dry_index_map_create;
  static constexpr auto kCreateIn = dry_index_map_create_in;
  static constexpr auto kOpen = dry_index_map_open;

  static void read_options(const Step &step, Options &options) { options.capacity = step.integer("capacity"); }
  ~IndexMap() override { close(); }

  dry_status close() { return dry_index_map_close(&handle); }

  dry_index_map handle{};
};

uint32_t index_argument(const Step &step) {
  const uint64_t index = step.integer("index");
  if (index > std::numeric_limits<uint32_t>::max()) throw Failure{DRY_INVALID_ARGUMENT, "index"};
  return static_cast<uint32_t>(index);
}

Json index_map_acquire(World &world, const Step &step) {
  uint32_t index = 0;
  check(dry_index_map_acquire(&world.get<IndexMap>(step.on)->handle, &index));
  return {{"index", index}};
}

Json index_map_release(World &world, const Step &step) {
  const auto map = world.get<IndexMap>(step.on);
  const uint32_t index = changes_by_arguments(*map, step) ? index_argument(step) : 0;
  check(dry_index_map_release(&map->handle, index));
  return Json::object();
}

Json index_map_contains(World &world, const Step &step) {
  const auto map = world.get<IndexMap>(step.on);
  const uint32_t index = reads_arguments(*map, step) ? index_argument(step) : 0;
  uint32_t used = 0;
  check(dry_index_map_contains(&map->handle, index, &used));
  return {{"used", used != 0}};
}

Json index_map_list(World &world, const Step &step) {
  const auto map = world.get<IndexMap>(step.on);
  std::vector<uint32_t> some(kListedAtOnce);
  Json all = Json::array();
  uint64_t count = some.size();
  for (uint32_t from = 0; count == some.size(); from = some.back() + 1) {
    check(dry_index_map_list(&map->handle, from, some.data(), some.size(), &count));
    for (uint64_t i = 0; i < count; i++) all.push_back(some[i]);
  }
  return {{"indices", all}};
}

Json index_map_stats(World &world, const Step &step) {
  dry_index_map_stats stats;
  check(dry_index_map_get_stats(&world.get<IndexMap>(step.on)->handle, &stats));
  return {{"capacity", canonical_integer(stats.capacity)}, {"in_use", canonical_integer(stats.in_use)}};
}

}  // namespace

std::vector<Operation> index_map_operations() {
  using Steps = PartSteps<IndexMap>;
  return {
      {"index_map.create",
       Steps::create,
       kOptional,
       kNone,
       kOptional,
       {integer("capacity"), name("part", false)},
       {}},
      {"index_map.open", Steps::open, kOptional, kNone, kRequired, {name("part")}, {}},
      {"index_map.acquire", index_map_acquire, kNone, kRequired, kNone, {}, {{"index", ResultType::kInteger}}},
      {"index_map.release", index_map_release, kNone, kRequired, kNone, {integer("index")}, {}},
      {"index_map.contains",
       index_map_contains,
       kNone,
       kRequired,
       kNone,
       {integer("index")},
       {{"used", ResultType::kYesOrNo}}},
      {"index_map.list", index_map_list, kNone, kRequired, kNone, {}, {{"indices", ResultType::kIntegers}}},
      {"index_map.stats",
       index_map_stats,
       kNone,
       kRequired,
       kNone,
       {},
       {{"capacity", ResultType::kInteger}, {"in_use", ResultType::kInteger}}},
      {"index_map.close", Steps::close, kNone, kRequired, kNone, {}, {}},
  };
}

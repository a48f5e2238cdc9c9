// SPDX-License-Identifier: MIT OR Apache-2.0
#include "arena_steps.h"

#include "world.h"

namespace {

struct Arena : Object {
  static constexpr const char *kSort = "an arena";
  ~Arena() override { dry_arena_close(&handle); }

  dry_arena handle{};
  bool closed = false;
};

// A closed arena comes before its arguments.
std::shared_ptr<Arena> arena_for(World &world, const Step &step) {
  auto arena = world.get<Arena>(step.on);
  if (!arena->closed) refuse_negative(step);
  return arena;
}

dry_arena_stats stats_of(const Arena &arena) {
  dry_arena_stats stats;
  check(dry_arena_get_stats(&arena.handle, &stats));
  return stats;
}

Json arena_create(World &world, const Step &step) {
  refuse_negative(step);
  dry_arena_options options{};
  options.struct_size = sizeof options;
  options.capacity_bytes = step.integer("capacity");
  options.overflow = step.text_or_empty("overflow") == "fallback" ? DRY_OVERFLOW_FALLBACK : DRY_OVERFLOW_ERROR;
  const auto arena = std::make_shared<Arena>();
  dry_detail detail{};
  check(dry_arena_create(&options, &arena->handle, &detail), &detail);
  world.bind(step.as, arena);
  return Json::object();
}

Json arena_alloc(World &world, const Step &step) {
  const auto arena = arena_for(world, step);
  const uint64_t fallbacks_before = stats_of(*arena).fallbacks;
  void *memory = nullptr;
  check(dry_arena_alloc(&arena->handle, step.integer("size"), step.integer("align"), &memory));
  if (stats_of(*arena).fallbacks != fallbacks_before) return {{"offset", nullptr}};
  void *base = nullptr;
  check(dry_arena_base(&arena->handle, &base));
  return {{"offset", canonical_integer(reinterpret_cast<uintptr_t>(memory) - reinterpret_cast<uintptr_t>(base))}};
}

Json arena_mark(World &world, const Step &step) {
  uint64_t mark = 0;
  check(dry_arena_mark(&world.get<Arena>(step.on)->handle, &mark));
  return {{"mark", canonical_integer(mark)}};
}

Json arena_rewind(World &world, const Step &step) {
  check(dry_arena_rewind(&arena_for(world, step)->handle, step.integer("mark")));
  return Json::object();
}

Json arena_reset(World &world, const Step &step) {
  check(dry_arena_reset(&world.get<Arena>(step.on)->handle));
  return Json::object();
}

Json arena_stats(World &world, const Step &step) {
  const dry_arena_stats stats = stats_of(*world.get<Arena>(step.on));
  return {{"allocations", canonical_integer(stats.allocations)}, {"capacity", canonical_integer(stats.capacity_bytes)},
          {"failures", canonical_integer(stats.failures)},       {"fallbacks", canonical_integer(stats.fallbacks)},
          {"peak", canonical_integer(stats.peak_bytes)},         {"used", canonical_integer(stats.used_bytes)}};
}

Json arena_close(World &world, const Step &step) {
  const auto arena = world.get<Arena>(step.on);
  check(dry_arena_close(&arena->handle));
  arena->closed = true;
  return Json::object();
}

const std::vector<ResultKey> kStats = {
    {"allocations", ResultType::kInteger}, {"capacity", ResultType::kInteger}, {"failures", ResultType::kInteger},
    {"fallbacks", ResultType::kInteger},   {"peak", ResultType::kInteger},     {"used", ResultType::kInteger}};

}  // namespace

std::vector<Operation> arena_operations() {
  return {
      {"arena.create",
       arena_create,
       kOptional,
       kNone,
       kNone,
       {integer("capacity"), choice("overflow", {"error", "fallback"}, false)},
       {}},
      {"arena.alloc",
       arena_alloc,
       kNone,
       kRequired,
       kNone,
       {integer("size"), integer("align")},
       {{"offset", ResultType::kIntegerOrNull}}},
      {"arena.mark", arena_mark, kNone, kRequired, kNone, {}, {{"mark", ResultType::kInteger}}},
      {"arena.rewind", arena_rewind, kNone, kRequired, kNone, {integer("mark")}, {}},
      {"arena.reset", arena_reset, kNone, kRequired, kNone, {}, {}},
      {"arena.stats", arena_stats, kNone, kRequired, kNone, {}, kStats},
      {"arena.close", arena_close, kNone, kRequired, kNone, {}, {}},
  };
}

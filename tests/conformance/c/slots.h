// SPDX-License-Identifier: MIT OR Apache-2.0
// slots.h: the steps that pools and shared pools have in common.
#ifndef TESTS_CONFORMANCE_C_SLOTS_H
#define TESTS_CONFORMANCE_C_SLOTS_H

#include <algorithm>
#include <limits>

#include "part.h"

inline uint32_t slot_argument(const Step &step) {
  const uint64_t slot = step.integer("slot");
  if (slot > std::numeric_limits<uint32_t>::max()) throw Failure{DRY_FOREIGN, "no pool has such a slot"};
  return static_cast<uint32_t>(slot);
}

inline uint8_t byte_argument(const Step &step) {
  const uint64_t byte = step.integer("byte");
  if (byte > std::numeric_limits<uint8_t>::max()) throw Failure{DRY_INVALID_ARGUMENT, "byte"};
  return static_cast<uint8_t>(byte);
}

template <typename Options>
void read_slot_options(const Step &step, Options &options) {
  const bool has_align = step.integers.count("align") != 0;
  options.align_bytes = step.integer_or_zero("align");
  if (has_align && options.align_bytes == 0) throw Failure{DRY_INVALID_ARGUMENT, "align"};
  options.object_bytes = step.integer("object_size");
  options.capacity_slots = step.integer("capacity");
  options.flags = step.answer_or_no("zero_on_free") ? DRY_MEMORY_WIPE : 0;
}

template <typename Pool>
struct SlotSteps {
  static Json alloc(World &world, const Step &step) {
    uint32_t slot = 0;
    check(world.get<Pool>(step.on)->acquire(&slot));
    return {{"slot", slot}};
  }

  static Json free(World &world, const Step &step) {
    const auto pool = world.get<Pool>(step.on);
    const uint32_t slot = changes_by_arguments(*pool, step) ? slot_argument(step) : 0;
    check(pool->release(slot));
    return Json::object();
  }

  static Json free_at(World &world, const Step &step) {
    const auto pool = world.get<Pool>(step.on);
    changes_by_arguments(*pool, step);
    check(Pool::kReleaseAt(&pool->handle, step.integer("offset")));
    return Json::object();
  }

  static Json fill(World &world, const Step &step) {
    const auto pool = world.get<Pool>(step.on);
    const bool judged = changes_by_arguments(*pool, step);
    const uint8_t byte = judged ? byte_argument(step) : 0;
    const uint32_t slot = judged ? slot_argument(step) : 0;
    check(Pool::kFill(&pool->handle, slot, byte));
    return Json::object();
  }

  static Json read(World &world, const Step &step) {
    const auto pool = world.get<Pool>(step.on);
    const uint32_t slot = reads_arguments(*pool, step) ? slot_argument(step) : 0;
    const uint64_t length = step.integer("length");
    // The library refuses a longer range before it copies anything.
    std::string bytes(std::min(length, stats_of(*pool).object_bytes), '\0');
    check(Pool::kRead(&pool->handle, slot, step.integer("at"), bytes.data(), length));
    return {{"bytes", canonical_bytes(bytes)}};
  }

  static Json reset(World &world, const Step &step) {
    check(Pool::kReset(&world.get<Pool>(step.on)->handle));
    return Json::object();
  }

  static typename Pool::Stats stats_of(const Pool &pool) {
    typename Pool::Stats stats;
    check(Pool::kGetStats(&pool.handle, &stats));
    return stats;
  }

  static Json stats(World &world, const Step &step) {
    const auto facts = stats_of(*world.get<Pool>(step.on));
    return {{"capacity", canonical_integer(facts.capacity_slots)},
            {"failures", canonical_integer(facts.failures)},
            {"in_use", canonical_integer(facts.in_use)},
            {"object_size", canonical_integer(facts.object_bytes)},
            {"stride", canonical_integer(facts.stride_bytes)}};
  }

  // All operations, under the names `prefix`.*.
  static std::vector<Operation> operations(const std::string &prefix) {
    const std::vector<ResultKey> facts = {{"capacity", ResultType::kInteger},
                                          {"failures", ResultType::kInteger},
                                          {"in_use", ResultType::kInteger},
                                          {"object_size", ResultType::kInteger},
                                          {"stride", ResultType::kInteger}};
    const std::vector<Argument> shape = {integer("object_size"), integer("capacity"), integer("align", false),
                                         yes_or_no("zero_on_free"), name("part", false)};
    const std::vector<Argument> range = {integer("slot"), integer("at"), integer("length")};
    return {
        {prefix + ".create", PartSteps<Pool>::create, kOptional, kNone, kOptional, shape, {}},
        {prefix + ".open", PartSteps<Pool>::open, kOptional, kNone, kRequired, {name("part")}, {}},
        {prefix + ".alloc", alloc, kNone, kRequired, kNone, {}, {{"slot", ResultType::kInteger}}},
        {prefix + ".free", free, kNone, kRequired, kNone, {integer("slot")}, {}},
        {prefix + ".free_at", free_at, kNone, kRequired, kNone, {integer("offset")}, {}},
        {prefix + ".fill", fill, kNone, kRequired, kNone, {integer("slot"), integer("byte")}, {}},
        {prefix + ".read", read, kNone, kRequired, kNone, range, {{"bytes", ResultType::kBytes}}},
        {prefix + ".reset", reset, kNone, kRequired, kNone, {}, {}},
        {prefix + ".stats", stats, kNone, kRequired, kNone, {}, facts},
        {prefix + ".close", PartSteps<Pool>::close, kNone, kRequired, kNone, {}, {}},
    };
  }
};

#endif

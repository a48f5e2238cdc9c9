// SPDX-License-Identifier: MIT OR Apache-2.0
#include "slab_steps.h"

#include "world.h"

namespace {

struct Slab : Object {
  static constexpr const char *kSort = "a slab";
  ~Slab() override { dry_slab_close(&handle); }

  dry_slab handle{};
  bool closed = false;
};

struct SlabObject : Object {
  static constexpr const char *kSort = "a slab object";

  std::shared_ptr<Slab> slab;
  void *memory = nullptr;
  uint64_t size_class = 0;
  // An address does not tell who it was given to, and its page may be another class's by now: so the library is not
  // asked about a name that was freed.
  bool freed = false;
};

Json slab_create(World &world, const Step &step) {
  refuse_negative(step);
  dry_slab_options options{};
  options.struct_size = sizeof options;
  options.bytes = step.integer("bytes");
  const auto slab = std::make_shared<Slab>();
  dry_detail detail{};
  check(dry_slab_create(&options, &slab->handle, &detail), &detail);
  world.bind(step.as, slab);
  return Json::object();
}

Json slab_alloc(World &world, const Step &step) {
  const auto object = std::make_shared<SlabObject>();
  object->slab = world.get<Slab>(step.on);
  if (!object->slab->closed) refuse_negative(step);
  check(dry_slab_alloc(&object->slab->handle, step.integer("size"), &object->memory, &object->size_class));
  world.bind(step.as, object);
  return {{"class", canonical_integer(object->size_class)}};
}

Json slab_free(World &world, const Step &step) {
  const auto object = world.get<SlabObject>(step.on);
  if (!object->slab->closed && object->freed) throw Failure{DRY_STALE, "freed through this name before"};
  check(dry_slab_free(&object->slab->handle, object->memory));
  object->freed = true;
  return Json::object();
}

Json slab_stats(World &world, const Step &step) {
  dry_slab_stats stats;
  check(dry_slab_get_stats(&world.get<Slab>(step.on)->handle, &stats));
  Json classes = Json::array();
  for (const dry_slab_class_stats &one : stats.classes) {
    classes.push_back({{"in_use", canonical_integer(one.in_use)}, {"size", canonical_integer(one.size_bytes)}});
  }
  return {{"classes", classes},
          {"fallbacks", canonical_integer(stats.fallbacks)},
          {"in_use", canonical_integer(stats.in_use)}};
}

Json slab_close(World &world, const Step &step) {
  const auto slab = world.get<Slab>(step.on);
  check(dry_slab_close(&slab->handle));
  slab->closed = true;
  return Json::object();
}

const std::vector<ResultKey> kStats = {
    {"classes", ResultType::kClasses}, {"fallbacks", ResultType::kInteger}, {"in_use", ResultType::kInteger}};

}  // namespace

std::vector<Operation> slab_operations() {
  return {
      {"slab.create", slab_create, kOptional, kNone, kNone, {integer("bytes")}, {}},
      {"slab.alloc", slab_alloc, kOptional, kRequired, kNone, {integer("size")}, {{"class", ResultType::kInteger}}},
      {"slab.free", slab_free, kNone, kRequired, kNone, {}, {}},
      {"slab.stats", slab_stats, kNone, kRequired, kNone, {}, kStats},
      {"slab.close", slab_close, kNone, kRequired, kNone, {}, {}},
  };
}

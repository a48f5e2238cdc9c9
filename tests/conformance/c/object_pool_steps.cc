// SPDX-License-Identifier: MIT OR Apache-2.0
#include "object_pool_steps.h"

#include <new>

#include "world.h"

namespace {

// What the pool holds: made and destroyed where it lies.
struct Value {
  std::string text;
};

struct ObjectPool : Object {
  static constexpr const char *kSort = "an object pool";
  ~ObjectPool() override { dry_object_pool_close(&handle, nullptr); }

  uint64_t destroyed = 0;  // runs of the destructor
  dry_object_pool handle{};
};

struct PooledObject : Object {
  static constexpr const char *kSort = "an object";

  Value &value() const {
    void *memory = nullptr;
    check(dry_object_pool_get(&pool->handle, handle, &memory));
    return *static_cast<Value *>(memory);
  }

  std::shared_ptr<ObjectPool> pool;
  uint64_t handle = 0;
};

void destroy(void *context, void *object) {
  static_cast<Value *>(object)->~Value();
  ++static_cast<ObjectPool *>(context)->destroyed;
}

void expect_same_count(uint64_t counted, uint64_t library) {
  if (counted != library) {
    throw std::runtime_error("the destructor ran " + std::to_string(counted) + " times, the library says " +
                             std::to_string(library));
  }
}

Json object_pool_create(World &world, const Step &step) {
  refuse_negative(step);
  const auto pool = std::make_shared<ObjectPool>();
  dry_object_pool_options options{};
  options.struct_size = sizeof options;
  options.object_bytes = sizeof(Value);
  options.align_bytes = alignof(Value);
  options.capacity = step.integer("capacity");
  options.destructor = destroy;
  options.context = pool.get();
  dry_detail detail{};
  check(dry_object_pool_create(&options, &pool->handle, &detail), &detail);
  world.bind(step.as, pool);
  return Json::object();
}

Json object_pool_acquire(World &world, const Step &step) {
  const auto object = std::make_shared<PooledObject>();
  object->pool = world.get<ObjectPool>(step.on);
  void *memory = nullptr;
  check(dry_object_pool_acquire(&object->pool->handle, &object->handle, &memory));
  new (memory) Value{step.texts.at("value")};
  world.bind(step.as, object);
  return Json::object();
}

Json object_pool_stats(World &world, const Step &step) {
  const auto pool = world.get<ObjectPool>(step.on);
  dry_object_pool_stats stats;
  check(dry_object_pool_get_stats(&pool->handle, &stats));
  expect_same_count(pool->destroyed, stats.destroyed);
  return {{"capacity", canonical_integer(stats.capacity)},
          {"destroyed", canonical_integer(pool->destroyed)},
          {"in_use", canonical_integer(stats.in_use)}};
}

Json object_pool_close(World &world, const Step &step) {
  const auto pool = world.get<ObjectPool>(step.on);
  const uint64_t before = pool->destroyed;
  uint64_t destroyed = 0;
  check(dry_object_pool_close(&pool->handle, &destroyed));
  expect_same_count(pool->destroyed - before, destroyed);
  return {{"destroyed", canonical_integer(destroyed)}};
}

Json object_get(World &world, const Step &step) {
  return {{"value", canonical_bytes(world.get<PooledObject>(step.on)->value().text)}};
}

Json object_set(World &world, const Step &step) {
  world.get<PooledObject>(step.on)->value().text = step.texts.at("value");
  return Json::object();
}

Json object_release(World &world, const Step &step) {
  const auto object = world.get<PooledObject>(step.on);
  check(dry_object_pool_release(&object->pool->handle, object->handle));
  return Json::object();
}

const std::vector<ResultKey> kStats = {
    {"capacity", ResultType::kInteger}, {"destroyed", ResultType::kInteger}, {"in_use", ResultType::kInteger}};

}  // namespace

std::vector<Operation> object_pool_operations() {
  return {
      {"object_pool.create", object_pool_create, kOptional, kNone, kNone, {integer("capacity")}, {}},
      {"object_pool.acquire", object_pool_acquire, kOptional, kRequired, kNone, {name("value")}, {}},
      {"object_pool.stats", object_pool_stats, kNone, kRequired, kNone, {}, kStats},
      {"object_pool.close", object_pool_close, kNone, kRequired, kNone, {}, {{"destroyed", ResultType::kInteger}}},
      {"object.get", object_get, kNone, kRequired, kNone, {}, {{"value", ResultType::kBytes}}},
      {"object.set", object_set, kNone, kRequired, kNone, {name("value")}, {}},
      {"object.release", object_release, kNone, kRequired, kNone, {}, {}},
  };
}

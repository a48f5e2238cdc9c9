// SPDX-License-Identifier: MIT OR Apache-2.0
#include "buffer_pool_steps.h"

#include <limits>

#include "world.h"

namespace {

using Element = uint32_t;

struct BufferPool : Object {
  static constexpr const char *kSort = "a buffer pool";
  ~BufferPool() override { dry_buffer_pool_close(&handle); }

  dry_buffer_pool handle{};
  bool closed = false;
};

struct Buffer : Object {
  static constexpr const char *kSort = "a buffer";

  std::shared_ptr<BufferPool> pool;
  uint64_t handle = 0;
};

Json buffer_pool_create(World &world, const Step &step) {
  refuse_negative(step);
  dry_buffer_pool_options options{};
  options.struct_size = sizeof options;
  options.element_bytes = sizeof(Element);
  options.elements = step.integer("elements");
  options.blocks = step.integer("blocks");
  const auto pool = std::make_shared<BufferPool>();
  dry_detail detail{};
  check(dry_buffer_pool_create(&options, &pool->handle, &detail), &detail);
  world.bind(step.as, pool);
  return Json::object();
}

Json buffer_pool_acquire(World &world, const Step &step) {
  const auto buffer = std::make_shared<Buffer>();
  buffer->pool = world.get<BufferPool>(step.on);
  void *block = nullptr;
  check(dry_buffer_pool_acquire(&buffer->pool->handle, &buffer->handle, &block));
  world.bind(step.as, buffer);
  return Json::object();
}

Json buffer_pool_stats(World &world, const Step &step) {
  dry_buffer_pool_stats stats;
  check(dry_buffer_pool_get_stats(&world.get<BufferPool>(step.on)->handle, &stats));
  return {{"blocks", canonical_integer(stats.blocks)},
          {"elements", canonical_integer(stats.elements)},
          {"in_use", canonical_integer(stats.in_use)}};
}

Json buffer_pool_close(World &world, const Step &step) {
  const auto pool = world.get<BufferPool>(step.on);
  check(dry_buffer_pool_close(&pool->handle));
  pool->closed = true;
  return Json::object();
}

// A closed pool comes before the arguments.
Element element_argument(const Buffer &buffer, const Step &step) {
  if (buffer.pool->closed) return 0;
  refuse_negative(step);
  const uint64_t value = step.integer("value");
  if (value > std::numeric_limits<Element>::max()) throw Failure{DRY_INVALID_ARGUMENT, "value"};
  return static_cast<Element>(value);
}

Json buffer_set(World &world, const Step &step) {
  const auto buffer = world.get<Buffer>(step.on);
  const Element value = element_argument(*buffer, step);
  check(dry_buffer_pool_write(&buffer->pool->handle, buffer->handle, step.integer("at"), &value, 1));
  return Json::object();
}

Json buffer_get(World &world, const Step &step) {
  const auto buffer = world.get<Buffer>(step.on);
  if (!buffer->pool->closed) refuse_negative(step);
  Element value = 0;
  check(dry_buffer_pool_read(&buffer->pool->handle, buffer->handle, step.integer("at"), &value, 1));
  return {{"value", value}};
}

Json buffer_release(World &world, const Step &step) {
  const auto buffer = world.get<Buffer>(step.on);
  check(dry_buffer_pool_release(&buffer->pool->handle, buffer->handle));
  return Json::object();
}

const std::vector<ResultKey> kStats = {
    {"blocks", ResultType::kInteger}, {"elements", ResultType::kInteger}, {"in_use", ResultType::kInteger}};

}  // namespace

std::vector<Operation> buffer_pool_operations() {
  return {
      {"buffer_pool.create",
       buffer_pool_create,
       kOptional,
       kNone,
       kNone,
       {integer("elements"), integer("blocks")},
       {}},
      {"buffer_pool.acquire", buffer_pool_acquire, kOptional, kRequired, kNone, {}, {}},
      {"buffer_pool.stats", buffer_pool_stats, kNone, kRequired, kNone, {}, kStats},
      {"buffer_pool.close", buffer_pool_close, kNone, kRequired, kNone, {}, {}},
      {"buffer.set", buffer_set, kNone, kRequired, kNone, {integer("at"), integer("value")}, {}},
      {"buffer.get", buffer_get, kNone, kRequired, kNone, {integer("at")}, {{"value", ResultType::kInteger}}},
      {"buffer.release", buffer_release, kNone, kRequired, kNone, {}, {}},
  };
}

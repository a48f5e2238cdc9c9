/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* object_pool.c: slots with generations, and a destructor that runs once. */
#include "drystone/inline/object_pool.h"

#include <string.h>

#include "base/assert.h"
#include "base/atomics.h"
#include "base/detail.h"
#include "drystone/pool.h"
#include "memory/annotate.h"
#include "memory/backing.h"
#include "memory/guard.h"

/* No live object's handle, and no next one's complement: those have a generation above 0. */
#define RETIRED (~(uint64_t)0)

#define OBJECTS_A_SLOT ((uint64_t)1 << 31)

#define SLOTS_ALIGN 64

/* What close gives back, and what only the slow paths ask for. */
typedef struct object_memory {
  dryi_backing backing;
  uint32_t guarded;
  uint32_t wiped;
} object_memory;

static const object_memory *memory_of(const dry_object_pool *pool) { return pool->owner; }

static uint32_t in_use(const dry_object_pool *pool) { return pool->fresh - pool->free_count - pool->retired; }

/* ---- making ---- */

static dry_status check_options(const dry_object_pool_options *options, uint64_t *align_out, dry_detail *detail) {
  if (!options) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: must not be NULL");
  if (options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "struct_size: is %u, this library's is %zu", options->struct_size,
                     sizeof *options);
  if (options->object_bytes == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "object_bytes: must be at least 1");
  if (options->capacity == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "capacity: must be at least 1");
  if (options->object_bytes > DRY_OBJECT_POOL_OBJECT_BYTES_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "object_bytes: %llu is above %u", (unsigned long long)options->object_bytes,
                     DRY_OBJECT_POOL_OBJECT_BYTES_MAX);
  if (options->capacity > DRY_OBJECT_POOL_CAPACITY_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "capacity: %llu is above %u", (unsigned long long)options->capacity,
                     DRY_OBJECT_POOL_CAPACITY_MAX);
  dry_status status = dryi_check_flags(options->flags, DRY_MEMORY_FLAGS, detail);
  if (status != DRY_OK) return status;
  if ((options->flags & DRY_MEMORY_TRACK) && (options->flags & DRY_MEMORY_REQUIRED))
    return dryi_fail(detail, DRY_UNSUPPORTED, "flags: an object pool does not track (0x%x)", DRY_MEMORY_TRACK);
  return dryi_check_align(options->align_bytes, options->object_bytes, DRY_OBJECT_POOL_ALIGN_MAX, align_out, detail);
}

typedef struct geometry {
  uint64_t stride;
  uint64_t stack_offset;
  uint64_t slots_offset;
  uint64_t bytes;
} geometry;

/* Nothing overflows: strides stay below 2^31, and there are 2^30 of them at most. */
static dry_status lay_out(const dry_object_pool_options *options, uint32_t flags, uint64_t align, geometry *out,
                          dry_detail *detail) {
  uint64_t canary = flags & DRY_MEMORY_GUARDED ? DRY_POOL_CANARY_BYTES : 0;
  out->stride = dryi_align_up(options->object_bytes + canary, align);
  out->stack_offset = options->capacity * sizeof(uint64_t);
  out->slots_offset = dryi_align_up(out->stack_offset + options->capacity * sizeof(uint32_t),
                                    align > SLOTS_ALIGN ? align : SLOTS_ALIGN);
  out->bytes = out->slots_offset + options->capacity * out->stride;
  if (out->bytes <= DRY_OBJECT_POOL_BYTES_MAX) return DRY_OK;
  return dryi_fail(detail, DRY_TOO_LARGE, "capacity: %llu objects of %llu bytes are more than 2^46 bytes",
                   (unsigned long long)options->capacity, (unsigned long long)out->stride);
}

static dry_status map_memory(const geometry *where, uint32_t flags, object_memory **memory_out, dry_detail *detail) {
  dryi_backing *backing;
  dry_status status = dryi_backing_new(sizeof(object_memory), &backing, detail);
  if (status != DRY_OK) return status;
  status = dryi_private_map(where->bytes, where->bytes, flags, &backing->memory, detail);
  if (status != DRY_OK) {
    dryi_backing_free(backing);
    return status;
  }
  backing->memory.granted |= flags & (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE);
  backing->memory.refused |= flags & DRY_MEMORY_TRACK;
  object_memory *memory = (object_memory *)(void *)backing;
  memory->guarded = (flags & DRY_MEMORY_GUARDED) != 0;
  memory->wiped = (flags & DRY_MEMORY_WIPE) != 0;
  *memory_out = memory;
  return DRY_OK;
}

dry_status dry_object_pool_create(const dry_object_pool_options *options, dry_object_pool *pool_out, dry_detail *detail) {
  if (!pool_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool_out: must not be NULL");
  memset(pool_out, 0, sizeof *pool_out);
  uint64_t align;
  dry_status status = check_options(options, &align, detail);
  if (status != DRY_OK) return status;
  uint32_t flags = options->flags | (DRYI_CHECKED_FLAGS & DRY_MEMORY_GUARDED);
  geometry where;
  object_memory *memory = NULL;
  status = lay_out(options, flags, align, &where, detail);
  if (status == DRY_OK) status = map_memory(&where, flags, &memory, detail);
  if (status != DRY_OK) return status;
  uint8_t *base = memory->backing.memory.base;
  pool_out->cells = (uint64_t *)(void *)base;
  pool_out->stack = (uint32_t *)(void *)(base + where.stack_offset);
  pool_out->slots = base + where.slots_offset;
  pool_out->stride_bytes = where.stride;
  pool_out->object_bytes = options->object_bytes;
  pool_out->capacity = (uint32_t)options->capacity;
  pool_out->destructor = options->destructor;
  pool_out->context = options->context;
  pool_out->owner = memory;
  if (!options->destructor && !memory->guarded && !memory->wiped && !dryi_annotate_active())
    pool_out->plain = pool_out->capacity;
  /* Memory that was never written is zero, which would be the handle of slot 0 without a generation. */
  pool_out->cells[0] = RETIRED;
  dryi_annotate_free(pool_out->slots, (size_t)(options->capacity * where.stride));
  return dryi_done(detail);
}

/* ---- one slot ---- */

static bool lives(const dry_object_pool *pool, uint32_t slot) { return (uint32_t)pool->cells[slot] == slot; }

/* How many objects of a slot are gone. Generations are odd, from 1 on. */
static uint64_t gone_of(const dry_object_pool *pool, uint32_t slot) {
  uint64_t cell = pool->cells[slot];
  if (cell == RETIRED) return 0;
  return (lives(pool, slot) ? cell : ~cell) >> 33;
}

static uint8_t *object_of(const dry_object_pool *pool, uint32_t slot) { return dryi_object_pool_object(pool, slot); }

static void retire(dry_object_pool *pool, uint32_t slot) {
  pool->gone += pool->cells[slot] == RETIRED ? OBJECTS_A_SLOT : gone_of(pool, slot);
  pool->cells[slot] = RETIRED;
  pool->retired++;
}

/* Guarded: whether nobody wrote to a slot that was used once while it was free. The tools let us look for the moment. */
static bool free_is_whole(const dry_object_pool *pool, uint32_t slot) {
  uint8_t *object = object_of(pool, slot), *canary = object + pool->object_bytes;
  const size_t bytes = (size_t)pool->object_bytes + DRY_POOL_CANARY_BYTES;
  dryi_annotate_alloc(object, bytes);
  const bool whole = dryi_guard_holds(canary, DRY_POOL_CANARY_BYTES, slot) &&
                     dryi_guard_filled(object, pool->object_bytes, DRY_POOL_POISON_BYTE);
  dryi_annotate_free(object, bytes);
  return whole;
}

static void write_canary(const dry_object_pool *pool, uint32_t slot) {
  uint8_t *canary = object_of(pool, slot) + pool->object_bytes;
  dryi_annotate_alloc(canary, DRY_POOL_CANARY_BYTES);
  dryi_guard_write(canary, DRY_POOL_CANARY_BYTES, slot);
  dryi_annotate_free(canary, DRY_POOL_CANARY_BYTES);
}

/* Makes a free slot's memory the caller's: false when somebody wrote to it while it was free. */
static bool open_memory(dry_object_pool *pool, uint32_t slot, bool first) {
  const object_memory *memory = memory_of(pool);
  uint8_t *object = object_of(pool, slot);
  if (memory->guarded && first) write_canary(pool, slot);
  if (memory->guarded && !first && !free_is_whole(pool, slot)) return false;
  dryi_annotate_alloc(object, (size_t)pool->object_bytes);
  /* Poison took the place of the zeros while it was free. */
  if (memory->guarded && memory->wiped && !first) memset(object, 0, (size_t)pool->object_bytes);
  return true;
}

/* Takes it back: false when somebody wrote beyond its end. */
static bool close_memory(dry_object_pool *pool, uint32_t slot) {
  const object_memory *memory = memory_of(pool);
  uint8_t *object = object_of(pool, slot), *canary = object + pool->object_bytes;
  bool whole = true;
  if (memory->wiped) dryi_wipe(object, pool->object_bytes);
  if (memory->guarded) {
    dryi_annotate_alloc(canary, DRY_POOL_CANARY_BYTES);
    whole = dryi_guard_holds(canary, DRY_POOL_CANARY_BYTES, slot);
    memset(object, DRY_POOL_POISON_BYTE, (size_t)pool->object_bytes);
  }
  dryi_annotate_free(object, (size_t)pool->stride_bytes);
  return whole;
}

static dry_status check_open(const dry_object_pool *pool) {
  if (!pool) return DRY_INVALID_ARGUMENT;
  if (!pool->slots) return DRY_CLOSED;
  return pool->busy ? DRY_BUSY : DRY_OK;
}

/* ---- taking ---- */

/* The slot that was freed last, else the next one that was never used. */
static dry_status take(dry_object_pool *pool, uint32_t *slot_out) {
  bool first = pool->free_count == 0;
  if (first && pool->fresh == pool->capacity) return DRY_FULL;
  uint32_t slot = first ? pool->fresh++ : pool->stack[--pool->free_count];
  if (first) pool->cells[slot] = ~(DRYI_OBJECT_POOL_GENERATION | slot);
  DRY_ASSERT(slot < pool->fresh && !lives(pool, slot));
  if (!open_memory(pool, slot, first)) {
    retire(pool, slot);
    return DRY_CORRUPT;
  }
  pool->cells[slot] = ~pool->cells[slot];
  /* Never-used slots are taken only when all others are, so this is the one place where there can be a new peak. */
  if (first && in_use(pool) > pool->peak) pool->peak = in_use(pool);
  *slot_out = slot;
  return DRY_OK;
}

static __attribute__((noinline)) dry_status acquire_slow(dry_object_pool *pool, uint64_t *handle_out, void **object_out) {
  if (handle_out) *handle_out = 0;
  if (object_out) *object_out = NULL;
  if (!handle_out || !object_out) return DRY_INVALID_ARGUMENT;
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  uint32_t slot;
  status = take(pool, &slot);
  pool->failures += status == DRY_FULL;
  if (status != DRY_OK) return status;
  *handle_out = pool->cells[slot];
  *object_out = object_of(pool, slot);
  return DRY_OK;
}

dry_status dry_object_pool_acquire(dry_object_pool *pool, uint64_t *handle_out, void **object_out) {
  if (__builtin_expect(dryi_object_pool_take(pool, handle_out, object_out), 1)) return DRY_OK;
  return acquire_slow(pool, handle_out, object_out);
}

/* ---- giving back ---- */

/* Marks a live object dead, so that its handle is stale before its destructor runs. */
static void mark_dead(dry_object_pool *pool, uint32_t slot) {
  uint64_t handle = pool->cells[slot];
  bool last = handle >> 32 == DRYI_OBJECT_POOL_LAST_GENERATION;
  pool->cells[slot] = last ? RETIRED : ~(handle + 2 * DRYI_OBJECT_POOL_GENERATION);
}

/* Ends an object that is marked dead; DRY_CORRUPT: it is gone, and so is its slot. */
static dry_status bury(dry_object_pool *pool, uint32_t slot, bool destroy) {
  if (destroy && pool->destructor) {
    pool->busy = 1;
    pool->destructor(pool->context, object_of(pool, slot));
    pool->busy = 0;
  }
  bool whole = close_memory(pool, slot);
  if (whole && pool->cells[slot] != RETIRED)
    pool->stack[pool->free_count++] = slot;
  else
    retire(pool, slot);
  return whole ? DRY_OK : DRY_CORRUPT;
}

static __attribute__((noinline)) dry_status release_slow(dry_object_pool *pool, uint64_t handle, bool destroy) {
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  if (!dryi_object_pool_lives(pool, handle)) return DRY_STALE;
  mark_dead(pool, (uint32_t)handle);
  return bury(pool, (uint32_t)handle, destroy);
}

dry_status dry_object_pool_release(dry_object_pool *pool, uint64_t handle) {
  if (__builtin_expect(dryi_object_pool_give(pool, handle), 1)) return DRY_OK;
  return release_slow(pool, handle, true);
}

dry_status dry_object_pool_forget(dry_object_pool *pool, uint64_t handle) { return release_slow(pool, handle, false); }

/* ---- several ---- */

/* Gives back what dry_object_pool_acquire_many has taken, as if it had never been. The generations stay used: a handle
   that was in the caller's array for a moment must not come to life again. */
static void take_back(dry_object_pool *pool, const uint64_t *handles, uint64_t count) {
  while (count > 0) {
    /* The list is the caller's, who may have changed it meanwhile. */
    uint64_t handle = dryi_load_relaxed_u64(handles + --count);
    if (!dryi_object_pool_lives(pool, handle)) continue;
    mark_dead(pool, (uint32_t)handle);
    (void)bury(pool, (uint32_t)handle, false);
    pool->gone--;
  }
}

dry_status dry_object_pool_acquire_many(dry_object_pool *pool, uint64_t *handles_out, uint64_t count) {
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  if (!handles_out && count > 0) return DRY_INVALID_ARGUMENT;
  if (count > (uint64_t)pool->free_count + (pool->capacity - pool->fresh)) {
    pool->failures++;
    return DRY_FULL;
  }
  for (uint64_t i = 0; i < count; i++) {
    void *object;
    if (dryi_object_pool_take(pool, &handles_out[i], &object)) continue;
    uint32_t slot;
    status = take(pool, &slot);
    if (status != DRY_OK) {
      take_back(pool, handles_out, i);
      return status;
    }
    handles_out[i] = pool->cells[slot];
  }
  return DRY_OK;
}

/* Makes an object live again that was marked dead. */
static void revive(dry_object_pool *pool, uint32_t slot) {
  uint64_t cell = pool->cells[slot];
  pool->cells[slot] = cell == RETIRED ? (uint64_t)DRYI_OBJECT_POOL_LAST_GENERATION << 32 | slot
                                      : ~cell - 2 * DRYI_OBJECT_POOL_GENERATION;
}

/* Marks all of them dead, and writes their slots above the top of the stack: so each of the caller's handles is loaded once,
   since some other thread of his may be changing the list. A handle that is in it twice is stale the second time. None, if
   one is stale. */
static bool mark_all_dead(dry_object_pool *pool, const uint64_t *handles, uint64_t count) {
  uint32_t *top = pool->stack + pool->free_count;
  for (uint64_t i = 0; i < count; i++) {
    uint64_t handle = dryi_load_relaxed_u64(handles + i);
    if (dryi_object_pool_lives(pool, handle)) {
      mark_dead(pool, (uint32_t)handle);
      top[i] = (uint32_t)handle;
      continue;
    }
    while (i-- > 0) revive(pool, top[i]);
    return false;
  }
  return true;
}

dry_status dry_object_pool_release_many(dry_object_pool *pool, const uint64_t *handles, uint64_t count) {
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  if (!handles && count > 0) return DRY_INVALID_ARGUMENT;
  if (!mark_all_dead(pool, handles, count)) return DRY_STALE;
  /* What is pushed while this goes on comes to lie where it has been read already. */
  const uint32_t *marked = pool->stack + pool->free_count;
  for (uint64_t i = 0; i < count; i++) {
    dry_status buried = bury(pool, marked[i], true);
    if (status == DRY_OK) status = buried;
  }
  return status;
}

/* ---- looking ---- */

dry_status dry_object_pool_get(const dry_object_pool *pool, uint64_t handle, void **object_out) {
  if (__builtin_expect(dryi_object_pool_find(pool, handle, object_out), 1)) return DRY_OK;
  if (!object_out) return DRY_INVALID_ARGUMENT;
  *object_out = NULL;
  dry_status status = check_open(pool);
  return status == DRY_OK ? DRY_STALE : status;
}

dry_status dry_object_pool_next(const dry_object_pool *pool, uint32_t from, uint64_t *handle_out) {
  if (!handle_out) return DRY_INVALID_ARGUMENT;
  *handle_out = 0;
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  for (uint32_t slot = from; slot < pool->fresh; slot++) {
    if (!lives(pool, slot)) continue;
    *handle_out = pool->cells[slot];
    return DRY_OK;
  }
  return DRY_NOT_FOUND;
}

static uint64_t destroyed(const dry_object_pool *pool) {
  uint64_t count = pool->gone;
  for (uint32_t slot = 0; slot < pool->fresh; slot++) count += gone_of(pool, slot);
  return count;
}

dry_status dry_object_pool_get_stats(const dry_object_pool *pool, dry_object_pool_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  const dryi_private *memory = &memory_of(pool)->backing.memory;
  stats_out->object_bytes = pool->object_bytes;
  stats_out->stride_bytes = pool->stride_bytes;
  stats_out->capacity = pool->capacity;
  stats_out->in_use = in_use(pool);
  stats_out->peak = pool->peak;
  stats_out->destroyed = destroyed(pool);
  stats_out->retired = pool->retired;
  stats_out->failures = pool->failures;
  stats_out->size_bytes = memory->bytes;
  stats_out->granted = memory->granted;
  stats_out->refused = memory->refused;
  return DRY_OK;
}

/* ---- all of it ---- */

/* Destroys what lives, in ascending order: how many that were. DRY_CORRUPT: some were found damaged, or written to while
   they were free. */
static dry_status destroy_all(dry_object_pool *pool, uint64_t *count_out) {
  dry_status status = DRY_OK;
  for (uint32_t slot = 0; slot < pool->fresh; slot++) {
    if (lives(pool, slot)) {
      mark_dead(pool, slot);
      if (bury(pool, slot, true) != DRY_OK) status = DRY_CORRUPT;
      ++*count_out;
    } else if (memory_of(pool)->guarded && pool->cells[slot] != RETIRED && !free_is_whole(pool, slot)) {
      retire(pool, slot);
      status = DRY_CORRUPT;
    }
  }
  return status;
}

dry_status dry_object_pool_reset(dry_object_pool *pool) {
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  uint64_t count = 0;
  dry_status found = destroy_all(pool, &count);
  /* The lowest on top. */
  pool->free_count = 0;
  for (uint32_t slot = pool->fresh; slot > 0; slot--)
    if (pool->cells[slot - 1] != RETIRED) pool->stack[pool->free_count++] = slot - 1;
  return found;
}

dry_status dry_object_pool_close(dry_object_pool *pool, uint64_t *destroyed_out) {
  if (destroyed_out) *destroyed_out = 0;
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status == DRY_CLOSED ? DRY_OK : status;
  uint64_t count = 0;
  dry_status found = destroy_all(pool, &count);
  if (destroyed_out) *destroyed_out = count;
  dryi_annotate_alloc(pool->slots, (size_t)(pool->capacity * pool->stride_bytes));
  dryi_backing *backing = pool->owner;
  memset(pool, 0, sizeof *pool);
  dryi_backing_free(backing);
  return found;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* arena.c: the cursor, forwards and back. */
#include <string.h>

#include "base/assert.h"
#include "base/detail.h"
#include "drystone/inline/arena.h"
#include "drystone/pool.h"
#include "memory/annotate.h"
#include "memory/arena_internal.h"
#include "os/os.h"

#define STEP_BYTES_MAX 0x10000000000u /* 2^40 */
#define SPAN_FLAGS (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE)
#define ALL_FLAGS (DRYI_SYSTEM_FLAGS | DRY_MEMORY_REQUIRED | SPAN_FLAGS)

_Static_assert(sizeof(dry_arena) <= 128, "arena.h promises at most 128 bytes");

#if defined(DRY_CHECKED) && DRY_CHECKED
static bool is_valid(const dry_arena *arena) {
  return arena->base && arena->base <= arena->next && arena->next <= arena->limit &&
         arena->limit <= arena->base + arena->capacity_bytes &&
         arena->end == (dryi_arena_sees_all(arena) ? arena->next : arena->limit);
}
#endif

/* ---- making and closing ---- */

static dry_status check_shared_options(const dry_arena_options *options, uint32_t flags, dry_detail *detail) {
  if (!options || options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
  if (options->overflow > DRY_OVERFLOW_ABORT)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "overflow: %u is no policy", options->overflow);
  return dryi_check_flags(options->flags, flags, detail);
}

dry_status dryi_arena_check_options(const dry_arena_options *options, dry_detail *detail) {
  dry_status status = check_shared_options(options, ALL_FLAGS, detail);
  if (status != DRY_OK) return status;
  if (options->capacity_bytes == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "capacity_bytes: must not be 0");
  if (options->capacity_bytes > DRY_ARENA_BYTES_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "capacity_bytes: %llu is more than %llu",
                     (unsigned long long)options->capacity_bytes, (unsigned long long)DRY_ARENA_BYTES_MAX);
  if (options->reserve > 1)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "reserve: %u is neither 0 nor 1", options->reserve);
  uint64_t step = options->commit_step_bytes;
  if (step != 0 && (!options->reserve || step < DRY_REGION_PAGE_BYTES || step > STEP_BYTES_MAX))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "commit_step_bytes: %llu is not from %u to 2^40, or `reserve` is 0",
                     (unsigned long long)step, DRY_REGION_PAGE_BYTES);
  return DRY_OK;
}

/* An arena whose first `usable` bytes have memory behind them, with nothing taken. */
static void begin(dry_arena *arena, uint8_t *base, uint64_t capacity_bytes, uint64_t usable, uint32_t overflow,
                  uint32_t asked) {
  arena->base = base;
  arena->next = base;
  arena->limit = base + (usable < capacity_bytes ? usable : capacity_bytes);
  arena->capacity_bytes = capacity_bytes;
  arena->overflow = overflow;
  arena->asked = asked;
  arena->watched = dryi_annotate_active();
  if (arena->watched) dryi_annotate_free(base, (size_t)(arena->limit - base));
  dryi_arena_settle(arena);
}

dry_status dry_arena_create(const dry_arena_options *options, dry_arena *arena_out, dry_detail *detail) {
  if (!arena_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "arena_out: must not be NULL");
  memset(arena_out, 0, sizeof *arena_out);
  dry_status status = dryi_arena_check_options(options, detail);
  if (status != DRY_OK) return status;
  uint64_t step = dryi_arena_commit_step(options);
  uint64_t usable = step && step < options->capacity_bytes ? step : options->capacity_bytes;
  dryi_private memory;
  status = dryi_private_map(options->capacity_bytes, usable, options->flags, &memory, detail);
  if (status != DRY_OK) return status;
  uint32_t asked = (options->flags & ~DRY_MEMORY_REQUIRED) | (DRYI_CHECKED_FLAGS & DRY_MEMORY_GUARDED);
  arena_out->mapping_bytes = memory.bytes;
  arena_out->commit_step_bytes = step;
  arena_out->granted = dryi_arena_granted(asked, memory.granted);
  begin(arena_out, memory.base, options->capacity_bytes, usable, options->overflow, asked);
  return dryi_done(detail);
}

dry_status dry_arena_init(void *span, uint64_t span_bytes, const dry_arena_options *options, dry_arena *arena_out) {
  if (!arena_out) return DRY_INVALID_ARGUMENT;
  memset(arena_out, 0, sizeof *arena_out);
  if (!span || span_bytes == 0 || span_bytes > DRY_ARENA_BYTES_MAX) return DRY_INVALID_ARGUMENT;
  if (span_bytes > UINTPTR_MAX - (uintptr_t)span) return DRY_INVALID_ARGUMENT;
  if (options && check_shared_options(options, SPAN_FLAGS, NULL) != DRY_OK) return DRY_INVALID_ARGUMENT;
  if (options && (options->reserve || options->commit_step_bytes)) return DRY_INVALID_ARGUMENT;
  uint32_t asked = (options ? options->flags : 0) | (DRYI_CHECKED_FLAGS & DRY_MEMORY_GUARDED);
  arena_out->granted = asked;
  /* What is given back is wiped later; so all is zeros when it is taken. */
  if (asked & DRY_MEMORY_WIPE) dryi_wipe(span, span_bytes);
  begin(arena_out, span, span_bytes, span_bytes, options ? options->overflow : DRY_OVERFLOW_ERROR, asked);
  return DRY_OK;
}

dry_status dry_arena_close(dry_arena *arena) {
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_OK;
  dryi_arena_go_back(arena, 0, NULL);
  /* Whoever gets these addresses next knows nothing of an arena. */
  if (arena->watched) dryi_annotate_alloc(arena->base, (size_t)(arena->limit - arena->base));
  if (arena->mapping_bytes) (void)dryi_os_unmap(arena->base, arena->mapping_bytes);
  memset(arena, 0, sizeof *arena);
  return DRY_OK;
}

/* ---- forwards ---- */

static bool is_align(uint64_t align) { return dryi_is_power_of_two(align) && align <= DRY_ARENA_ALIGN_MAX; }

/* DRY_OK when the request fits behind `padding_out` bytes, with memory behind it; else DRY_FULL or DRY_OUT_OF_MEMORY. */
static dry_status make_room(dry_arena *arena, uint64_t size_bytes, uint64_t align, uint64_t *padding_out) {
  uint64_t padding = (0 - (uint64_t)(uintptr_t)arena->next) & (align - 1);
  uint64_t used = dryi_arena_used(arena);
  uint64_t room = arena->capacity_bytes - used;
  if (size_bytes > room || padding > room - size_bytes) return DRY_FULL;
  *padding_out = padding;
  return dryi_arena_commit(arena, used + padding + size_bytes);
}

/* Moves the cursor to the end of `memory`, which begins at or behind it, or is the last object. */
static void take(dry_arena *arena, uint8_t *memory, uint64_t size_bytes) {
  if (arena->watched) dryi_annotate_alloc(memory, (size_t)size_bytes);
  uint8_t *const behind = memory + size_bytes, *const added = memory > arena->next ? memory : arena->next;
  if (dryi_arena_cleans(arena) && behind > added) memset(added, 0, (size_t)(behind - added));
  arena->next = behind;
  dryi_arena_settle(arena);
  DRY_ASSERT(is_valid(arena));
}

/* What the handle and the arguments have to be, in the order in which they are told. */
static dry_status check_request(const dry_arena *arena, uint64_t align) {
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  return is_align(align) ? DRY_OK : DRY_INVALID_ARGUMENT;
}

static __attribute__((noinline)) dry_status alloc_slow(dry_arena *arena, uint64_t size_bytes, uint64_t align,
                                                       void **memory_out) {
  if (!memory_out) return DRY_INVALID_ARGUMENT;
  *memory_out = NULL;
  dry_status status = check_request(arena, align);
  if (status != DRY_OK) return status;
  DRY_ASSERT(is_valid(arena));
  uint64_t padding;
  status = make_room(arena, size_bytes, align, &padding);
  if (status != DRY_OK) return dryi_arena_overflow(arena, size_bytes, align, status, memory_out);
  *memory_out = arena->next + padding;
  take(arena, arena->next + padding, size_bytes);
  arena->allocations++;
  return DRY_OK;
}

/* The call is as long as its instructions take to come in: beginning a cache line is worth a tenth of it. */
__attribute__((aligned(DRY_CACHE_LINE_BYTES))) dry_status dry_arena_alloc(dry_arena *arena, uint64_t size_bytes,
                                                                          uint64_t align, void **memory_out) {
  if (__builtin_expect(dry_arena_take_inline(arena, size_bytes, align, memory_out), 1)) return DRY_OK;
  return alloc_slow(arena, size_bytes, align, memory_out);
}

dry_status dry_arena_alloc_zeroed(dry_arena *arena, uint64_t size_bytes, uint64_t align, void **memory_out) {
  dry_status status = dry_arena_alloc(arena, size_bytes, align, memory_out);
  if (status != DRY_OK) return status;
  uint64_t offset = (uint64_t)((uintptr_t)*memory_out - (uintptr_t)arena->base);
  if (offset >= arena->capacity_bytes) return DRY_OK; /* from the heap, which gave zeros, or of no bytes */
  /* Private memory that the cursor never passed before still has the zeros that it came with. */
  uint64_t dirty = arena->mapping_bytes ? arena->peak_bytes : arena->capacity_bytes;
  if (offset >= dirty) return DRY_OK;
  uint64_t bytes = size_bytes < dirty - offset ? size_bytes : dirty - offset;
  memset(*memory_out, 0, (size_t)bytes);
  return DRY_OK;
}

dry_status dry_arena_ensure(dry_arena *arena, uint64_t size_bytes, uint64_t align) {
  dry_status status = check_request(arena, align);
  if (status != DRY_OK) return status;
  uint64_t padding;
  status = make_room(arena, size_bytes, align, &padding);
  if (status != DRY_OK) arena->failures++;
  return status;
}

/* ---- back ---- */

/* `cursor` is at or before the arena's. */
static void give_back(dry_arena *arena, uint8_t *cursor) {
  arena->peak_bytes = dryi_arena_peak(arena);
  size_t bytes = (size_t)(arena->next - cursor);
  if (bytes > 0 && (arena->asked & SPAN_FLAGS)) {
    if (arena->watched) dryi_annotate_alloc(cursor, bytes); /* padding too is written to */
    if (arena->asked & DRY_MEMORY_WIPE) dryi_wipe(cursor, bytes);
    if (arena->asked & DRY_MEMORY_GUARDED) memset(cursor, DRY_POOL_POISON_BYTE, bytes);
  }
  if (arena->watched) dryi_annotate_free(cursor, bytes);
  arena->next = cursor;
  dryi_arena_settle(arena);
}

void dryi_arena_go_back(dry_arena *arena, uint64_t mark, const void *oldest_kept) {
  DRY_ASSERT(is_valid(arena));
  if (arena->fallback_blocks) dryi_arena_free_blocks(arena, oldest_kept);
  give_back(arena, arena->base + mark);
}

dry_status dry_arena_mark(const dry_arena *arena, uint64_t *mark_out) {
  if (!mark_out) return DRY_INVALID_ARGUMENT;
  *mark_out = 0;
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  *mark_out = dryi_arena_used(arena);
  return DRY_OK;
}

dry_status dry_arena_rewind(dry_arena *arena, uint64_t mark) {
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  if (mark > dryi_arena_used(arena)) return DRY_STALE;
  give_back(arena, arena->base + mark);
  DRY_ASSERT(is_valid(arena));
  return DRY_OK;
}

dry_status dry_arena_reset(dry_arena *arena) {
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  dryi_arena_go_back(arena, 0, NULL);
  arena->resets++;
  return DRY_OK;
}

/* Moves the cursor back over pages that are gone: writing poison to them would only bring them back. */
static void forget_beyond(dry_arena *arena, uint64_t keep_bytes) {
  arena->peak_bytes = dryi_arena_peak(arena);
  uint8_t *cursor = arena->base + keep_bytes;
  if (arena->watched) dryi_annotate_free(cursor, (size_t)(arena->next - cursor));
  arena->next = cursor;
  dryi_arena_settle(arena);
}

dry_status dry_arena_reset_and_release(dry_arena *arena, uint64_t keep_bytes) {
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  if (!arena->mapping_bytes) return DRY_UNSUPPORTED;
  uint64_t usable = dryi_align_up((uint64_t)(arena->limit - arena->base), DRY_REGION_PAGE_BYTES);
  uint64_t keep = keep_bytes < usable ? dryi_align_up(keep_bytes, DRY_REGION_PAGE_BYTES) : usable;
  int error = keep < usable ? dryi_os_discard_pages(arena->base + keep, usable - keep) : 0;
  if (error) return dryi_fail_os(NULL, error, "arena");
  if (keep < dryi_arena_used(arena)) forget_beyond(arena, keep);
  return dry_arena_reset(arena);
}

/* ---- the last object ---- */

/* Whether these bytes were taken from the arena and not given back since. */
static bool is_taken(const dry_arena *arena, const void *memory, uint64_t bytes) {
  uint64_t offset = (uint64_t)(uintptr_t)memory - (uint64_t)(uintptr_t)arena->base;
  return dryi_in_range(offset, bytes, dryi_arena_used(arena)) || dryi_arena_find_block(arena, memory, bytes);
}

/* Gives the last object another size where it lies; false when there is no room for it. */
static bool resize_last(dry_arena *arena, uint8_t *memory, uint64_t bytes) {
  uint64_t offset = (uint64_t)(memory - arena->base);
  if (bytes <= dryi_arena_used(arena) - offset) {
    give_back(arena, memory + bytes);
    return true;
  }
  if (bytes > arena->capacity_bytes - offset || dryi_arena_commit(arena, offset + bytes) != DRY_OK) return false;
  take(arena, memory, bytes);
  return true;
}

static bool resize_in_place(dry_arena *arena, uint8_t *memory, uint64_t old_bytes, uint64_t new_bytes, uint64_t align) {
  if ((uintptr_t)memory & (align - 1)) return false;
  if (memory >= arena->base && memory + old_bytes == arena->next) return resize_last(arena, memory, new_bytes);
  return new_bytes <= old_bytes;
}

dry_status dry_arena_realloc(dry_arena *arena, void *memory, uint64_t old_bytes, uint64_t new_bytes, uint64_t align,
                             void **memory_out) {
  if (!memory_out) return DRY_INVALID_ARGUMENT;
  *memory_out = NULL;
  dry_status status = check_request(arena, align);
  if (status != DRY_OK) return status;
  if (!memory && old_bytes != 0) return DRY_INVALID_ARGUMENT;
  if (!memory) return dry_arena_alloc(arena, new_bytes, align, memory_out);
  if (!is_taken(arena, memory, old_bytes)) return DRY_FOREIGN;
  if (resize_in_place(arena, memory, old_bytes, new_bytes, align)) {
    *memory_out = memory;
    return DRY_OK;
  }
  status = dry_arena_alloc(arena, new_bytes, align, memory_out);
  if (status == DRY_OK) memcpy(*memory_out, memory, (size_t)(old_bytes < new_bytes ? old_bytes : new_bytes));
  return status;
}

/* ---- facts ---- */

dry_status dry_arena_base(const dry_arena *arena, void **base_out) {
  if (!base_out) return DRY_INVALID_ARGUMENT;
  *base_out = NULL;
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  *base_out = arena->base;
  return DRY_OK;
}

int32_t dry_arena_contains(const dry_arena *arena, const void *memory) {
  return arena && arena->base && is_taken(arena, memory, 1);
}

dry_status dry_arena_get_stats(const dry_arena *arena, dry_arena_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  stats_out->capacity_bytes = arena->capacity_bytes;
  stats_out->used_bytes = dryi_arena_used(arena);
  stats_out->peak_bytes = dryi_arena_peak(arena);
  stats_out->committed_bytes = (uint64_t)(arena->limit - arena->base);
  stats_out->allocations = arena->allocations;
  stats_out->failures = arena->failures;
  stats_out->fallbacks = arena->fallbacks;
  stats_out->resets = arena->resets;
  stats_out->granted = arena->granted;
  stats_out->refused = arena->asked & ~arena->granted;
  return DRY_OK;
}

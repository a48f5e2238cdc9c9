/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* slab.c: making a slab, and its calls. */
#include <string.h>

#include "base/detail.h"
#include "memory/annotate.h"
#include "memory/slab_internal.h"
#include "os/os.h"

#define SPAN_FLAGS (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE)
#define ALL_FLAGS (DRYI_SYSTEM_FLAGS | DRY_MEMORY_REQUIRED | SPAN_FLAGS)

/* ---- making and closing ---- */

static dry_status check_options(const dry_slab_options *options, dry_detail *detail) {
  if (!options || options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
  dry_status status = dryi_check_flags(options->flags, options->span ? SPAN_FLAGS : ALL_FLAGS, detail);
  if (status != DRY_OK) return status;
  unsigned long long bytes = options->bytes;
  if (bytes < DRY_SLAB_PAGE_BYTES)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "bytes: %llu is less than a page of %u", bytes, DRY_SLAB_PAGE_BYTES);
  if (bytes > DRY_SLAB_BYTES_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "bytes: %llu is more than %llu", bytes, (unsigned long long)DRY_SLAB_BYTES_MAX);
  if (!options->span) return DRY_OK;
  if (bytes % DRY_SLAB_PAGE_BYTES != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "bytes: %llu of a span is no multiple of %u", bytes, DRY_SLAB_PAGE_BYTES);
  if ((uintptr_t)options->span % DRY_SLAB_PAGE_BYTES != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "span: is not aligned to %u", DRY_SLAB_PAGE_BYTES);
  if (bytes > UINTPTR_MAX - (uintptr_t)options->span)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "span: wraps around");
  return DRY_OK;
}

static void free_state(dryi_slab_state *state) {
  dryi_os_free(state->outside);
  dryi_os_free(state->pages);
  dryi_private_unmap(&state->memory);
  dryi_os_free(state);
}

/* The memory for objects and for what lies beside them. */
static dry_status take_memory(dryi_slab_state *state, const dry_slab_options *options, dry_detail *detail) {
  state->bytes = dryi_align_up(options->bytes, DRY_SLAB_PAGE_BYTES);
  state->page_count = (uint32_t)(state->bytes / DRY_SLAB_PAGE_BYTES);
  /* Zeroed lazily by the system where it is large: pages that are never used cost nothing. */
  state->pages = dryi_os_alloc_zeroed(state->page_count * sizeof *state->pages);
  if (!state->pages) return dryi_fail(detail, DRY_OUT_OF_MEMORY, "slab: no memory for %u pages", state->page_count);
  state->base = options->span;
  if (state->base) return DRY_OK;
  dry_status status = dryi_private_map(state->bytes, state->bytes, options->flags, &state->memory, detail);
  state->base = state->memory.base;
  return status;
}

dry_status dry_slab_create(const dry_slab_options *options, dry_slab *slab_out, dry_detail *detail) {
  if (!slab_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "slab_out: must not be NULL");
  memset(slab_out, 0, sizeof *slab_out);
  dry_status status = check_options(options, detail);
  if (status != DRY_OK) return status;
  dryi_slab_state *state = dryi_os_alloc_zeroed(sizeof *state);
  if (!state) return dryi_fail(detail, DRY_OUT_OF_MEMORY, "slab: no memory for the handle");
  status = take_memory(state, options, detail);
  if (status != DRY_OK) {
    free_state(state);
    return status;
  }
  state->asked = (options->flags & ~DRY_MEMORY_REQUIRED) | (DRYI_CHECKED_FLAGS & DRY_MEMORY_GUARDED);
  state->granted = state->memory.granted | (state->asked & SPAN_FLAGS);
  state->watched = dryi_annotate_active();
  dryi_slab_watch(state);
  dryi_slab_reset_pages(state);
  slab_out->state = state;
  return dryi_done(detail);
}

dry_status dry_slab_close(dry_slab *slab) {
  if (!slab) return DRY_INVALID_ARGUMENT;
  dryi_slab_state *state = slab->state;
  if (!state) return DRY_OK;
  (void)dry_slab_reset(slab);
  /* Whoever gets these addresses next knows nothing of a slab. */
  dryi_slab_unwatch(state);
  free_state(state);
  slab->state = NULL;
  return DRY_OK;
}

/* ---- objects ---- */

static uint32_t class_for(uint64_t size_bytes) {
  return size_bytes <= DRY_SLAB_CLASS_BYTES_MIN ? 0 : 61u - (uint32_t)__builtin_clzll(size_bytes - 1);
}

dry_status dry_slab_alloc(dry_slab *slab, uint64_t size_bytes, void **memory_out, uint64_t *class_out) {
  if (class_out) *class_out = 0;
  if (!memory_out) return DRY_INVALID_ARGUMENT;
  *memory_out = NULL;
  if (!slab) return DRY_INVALID_ARGUMENT;
  dryi_slab_state *state = slab->state;
  if (!state) return DRY_CLOSED;
  if (size_bytes == 0) return DRY_INVALID_ARGUMENT;
  dry_status status;
  if (size_bytes > DRY_SLAB_CLASS_BYTES_MAX) {
    status = dryi_slab_outside_alloc(state, size_bytes, memory_out);
  } else {
    uint32_t class = class_for(size_bytes);
    status = dryi_slab_take(state, class, memory_out);
    if (status == DRY_OK && class_out) *class_out = dryi_slab_class_bytes(class);
  }
  if (status == DRY_FULL || status == DRY_OUT_OF_MEMORY) state->failures++;
  return status;
}

static bool is_inside(const dryi_slab_state *state, const void *memory) {
  return (uint64_t)(uintptr_t)memory - (uint64_t)(uintptr_t)state->base < state->bytes;
}

dry_status dry_slab_free(dry_slab *slab, void *memory) {
  if (!slab) return DRY_INVALID_ARGUMENT;
  dryi_slab_state *state = slab->state;
  if (!state) return DRY_CLOSED;
  dry_status status;
  if (is_inside(state, memory)) {
    uint32_t page, object;
    status = dryi_slab_locate(state, memory, &page, &object);
    if (status == DRY_OK) dryi_slab_give(state, page, object);
  } else {
    dryi_slab_outside *object;
    status = dryi_slab_outside_find(state, memory, &object);
    if (status == DRY_OK) dryi_slab_outside_free(state, object);
  }
  return status;
}

dry_status dry_slab_usable_bytes(const dry_slab *slab, const void *memory, uint64_t *bytes_out) {
  if (!bytes_out) return DRY_INVALID_ARGUMENT;
  *bytes_out = 0;
  if (!slab) return DRY_INVALID_ARGUMENT;
  const dryi_slab_state *state = slab->state;
  if (!state) return DRY_CLOSED;
  dry_status status;
  if (is_inside(state, memory)) {
    uint32_t page, object;
    status = dryi_slab_locate(state, memory, &page, &object);
    if (status == DRY_OK) *bytes_out = dryi_slab_class_bytes(state->pages[page].kind - 1u);
  } else {
    dryi_slab_outside *object;
    status = dryi_slab_outside_find(state, memory, &object);
    if (status == DRY_OK) *bytes_out = object->bytes;
  }
  return status;
}

dry_status dry_slab_reset(dry_slab *slab) {
  if (!slab) return DRY_INVALID_ARGUMENT;
  dryi_slab_state *state = slab->state;
  if (!state) return DRY_CLOSED;
  dryi_slab_outside_free_all(state);
  dryi_slab_reset_pages(state);
  return DRY_OK;
}

/* ---- facts ---- */

dry_status dry_slab_base(const dry_slab *slab, void **base_out) {
  if (!base_out) return DRY_INVALID_ARGUMENT;
  *base_out = NULL;
  if (!slab) return DRY_INVALID_ARGUMENT;
  const dryi_slab_state *state = slab->state;
  if (!state) return DRY_CLOSED;
  *base_out = state->base;
  return DRY_OK;
}

dry_status dry_slab_get_stats(const dry_slab *slab, dry_slab_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  if (!slab) return DRY_INVALID_ARGUMENT;
  const dryi_slab_state *state = slab->state;
  if (!state) return DRY_CLOSED;
  stats_out->pages = state->page_count;
  stats_out->free_pages = state->page_count;
  for (uint32_t class = 0; class < DRY_SLAB_CLASSES; class++) {
    const dryi_slab_class *of = &state->classes[class];
    stats_out->classes[class] = (dry_slab_class_stats){dryi_slab_class_bytes(class), of->in_use, of->pages};
    stats_out->in_use += of->in_use;
    stats_out->free_pages -= of->pages;
  }
  stats_out->fallbacks = state->fallbacks;
  stats_out->fallbacks_in_use = state->outside_in_use;
  stats_out->failures = state->failures;
  stats_out->granted = state->granted;
  stats_out->refused = state->asked & ~state->granted;
  return DRY_OK;
}

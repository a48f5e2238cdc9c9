/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* slab_pages.c: pages that belong to a class while it has objects in them. */
#include <string.h>

#include "base/assert.h"
#include "drystone/pool.h"
#include "memory/annotate.h"
#include "memory/guard.h"
#include "memory/slab_internal.h"

_Static_assert(sizeof(dryi_slab_page) == 80, "slab.h says what a page costs");
_Static_assert(DRY_SLAB_CLASS_BYTES_MIN << (DRY_SLAB_CLASSES - 1) == DRY_SLAB_CLASS_BYTES_MAX, "each class is twice the last");

/* ---- free bytes ---- */

void dryi_slab_scrub(const dryi_slab_state *state, uint8_t *memory, uint64_t bytes) {
  if (state->asked & DRY_MEMORY_WIPE) dryi_wipe(memory, bytes);
  if (state->asked & DRY_MEMORY_GUARDED) memset(memory, DRY_POOL_POISON_BYTE, (size_t)bytes);
  if (state->watched) dryi_annotate_free(memory, (size_t)bytes);
}

bool dryi_slab_is_untouched(const dryi_slab_state *state, uint8_t *memory, uint64_t bytes) {
  if (!(state->asked & DRY_MEMORY_GUARDED)) return true;
  if (state->watched) dryi_annotate_alloc(memory, (size_t)bytes);
  bool untouched = dryi_guard_filled(memory, bytes, DRY_POOL_POISON_BYTE);
  if (state->watched) dryi_annotate_free(memory, (size_t)bytes);
  return untouched;
}

static uint8_t *page_memory(const dryi_slab_state *state, uint32_t index) {
  return state->base + (uint64_t)index * DRY_SLAB_PAGE_BYTES;
}

void dryi_slab_watch(const dryi_slab_state *state) {
  if (state->watched && state->fresh < state->page_count)
    dryi_annotate_free(page_memory(state, state->fresh), DRY_SLAB_PAGE_BYTES);
}

void dryi_slab_unwatch(const dryi_slab_state *state) {
  uint32_t pages = state->fresh < state->page_count ? state->fresh + 1 : state->page_count;
  if (state->watched) dryi_annotate_alloc(state->base, (size_t)pages * DRY_SLAB_PAGE_BYTES);
}

/* ---- lists ---- */

static void link_page(dryi_slab_state *state, dryi_slab_class *class, uint32_t index) {
  dryi_slab_page *page = &state->pages[index];
  page->before = DRYI_SLAB_NO_PAGE;
  page->next = class->with_room;
  if (page->next != DRYI_SLAB_NO_PAGE) state->pages[page->next].before = index;
  class->with_room = index;
}

static void unlink_page(dryi_slab_state *state, dryi_slab_class *class, uint32_t index) {
  const dryi_slab_page *page = &state->pages[index];
  if (page->next != DRYI_SLAB_NO_PAGE) state->pages[page->next].before = page->before;
  if (page->before != DRYI_SLAB_NO_PAGE)
    state->pages[page->before].next = page->next;
  else
    class->with_room = page->next;
}

/* A page for the class, the one that was freed last, else a fresh one: DRYI_SLAB_NO_PAGE when there is none. */
static uint32_t add_page(dryi_slab_state *state, uint32_t class) {
  uint32_t index = state->free_page;
  if (index != DRYI_SLAB_NO_PAGE) {
    state->free_page = state->pages[index].next;
  } else if (state->fresh < state->page_count) {
    index = state->fresh++;
    dryi_slab_watch(state);
    /* Private memory is zeros as it comes; a caller's span is what he left there. */
    const bool wipe = (state->asked & DRY_MEMORY_WIPE) && !state->memory.base;
    if (wipe || (state->asked & DRY_MEMORY_GUARDED)) {
      if (state->watched) dryi_annotate_alloc(page_memory(state, index), DRY_SLAB_PAGE_BYTES);
      dryi_slab_scrub(state, page_memory(state, index), DRY_SLAB_PAGE_BYTES);
    }
  } else {
    return DRYI_SLAB_NO_PAGE;
  }
  dryi_slab_page *page = &state->pages[index];
  page->kind = (uint8_t)(class + 1);
  page->in_use = 0;
  page->full_words = 0;
  for (uint32_t word = 0; word < DRYI_SLAB_WORDS; word++) {
    page->used[word] = dryi_slab_no_objects(class, word);
    if (page->used[word] == UINT64_MAX) page->full_words |= (uint8_t)(1u << word);
  }
  state->classes[class].pages++;
  link_page(state, &state->classes[class], index);
  return index;
}

static void remove_page(dryi_slab_state *state, dryi_slab_class *class, uint32_t index) {
  unlink_page(state, class, index);
  state->pages[index].next = state->free_page;
  state->free_page = index;
  class->pages--;
}

/* ---- objects ---- */

dry_status dryi_slab_take(dryi_slab_state *state, uint32_t class, void **memory_out) {
  dryi_slab_class *of = &state->classes[class];
  uint32_t index = of->with_room;
  if (index == DRYI_SLAB_NO_PAGE) index = add_page(state, class);
  if (index == DRYI_SLAB_NO_PAGE) return DRY_FULL;
  dryi_slab_page *page = &state->pages[index];
  DRY_ASSERT(page->full_words != DRYI_SLAB_ALL_FULL);
  uint32_t word = (uint32_t)__builtin_ctz(~(uint32_t)page->full_words);
  uint32_t bit = (uint32_t)__builtin_ctzll(~page->used[word]);
  uint64_t bytes = dryi_slab_class_bytes(class);
  uint8_t *memory = page_memory(state, index) + (word * 64 + bit) * bytes;
  bool untouched = dryi_slab_is_untouched(state, memory, bytes);
  if (state->watched) dryi_annotate_alloc(memory, (size_t)bytes);
  if (!untouched) {
    /* Told once: filled anew, so that the next call goes on. */
    dryi_slab_scrub(state, memory, bytes);
    if (page->in_use == 0) remove_page(state, of, index);
    return DRY_CORRUPT;
  }
  /* Poison took the place of the zeros while it was free. */
  if ((state->asked & DRY_MEMORY_WIPE) && (state->asked & DRY_MEMORY_GUARDED)) memset(memory, 0, (size_t)bytes);
  page->used[word] |= (uint64_t)1 << bit;
  page->in_use++;
  of->in_use++;
  if (page->used[word] == UINT64_MAX) {
    page->full_words |= (uint8_t)(1u << word);
    if (page->full_words == DRYI_SLAB_ALL_FULL) unlink_page(state, of, index);
  }
  *memory_out = memory;
  return DRY_OK;
}

dry_status dryi_slab_locate(const dryi_slab_state *state, const void *memory, uint32_t *page_out, uint32_t *object_out) {
  uint64_t offset = (uint64_t)(uintptr_t)memory - (uint64_t)(uintptr_t)state->base;
  if (offset >= state->bytes) return DRY_FOREIGN;
  uint32_t index = (uint32_t)(offset / DRY_SLAB_PAGE_BYTES);
  const dryi_slab_page *page = &state->pages[index];
  if (index >= state->fresh || page->kind == 0) return DRY_FOREIGN;
  uint32_t shift = page->kind + 2u; /* 8 is 1 << 3 */
  uint32_t within = (uint32_t)(offset % DRY_SLAB_PAGE_BYTES), object = within >> shift;
  if (object << shift != within) return DRY_FOREIGN;
  if (page->in_use == 0 || !(page->used[object / 64] >> object % 64 & 1)) return DRY_STALE;
  *page_out = index;
  *object_out = object;
  return DRY_OK;
}

void dryi_slab_give(dryi_slab_state *state, uint32_t index, uint32_t object) {
  dryi_slab_page *page = &state->pages[index];
  uint32_t class = page->kind - 1u;
  dryi_slab_class *of = &state->classes[class];
  dryi_slab_scrub(state, page_memory(state, index) + object * dryi_slab_class_bytes(class), dryi_slab_class_bytes(class));
  if (page->full_words == DRYI_SLAB_ALL_FULL) link_page(state, of, index);
  page->full_words &= (uint8_t)~(1u << object / 64);
  page->used[object / 64] &= ~((uint64_t)1 << object % 64);
  of->in_use--;
  if (--page->in_use == 0) remove_page(state, of, index);
}

void dryi_slab_reset_pages(dryi_slab_state *state) {
  state->free_page = DRYI_SLAB_NO_PAGE;
  for (uint32_t index = state->fresh; index-- > 0;) {
    dryi_slab_page *page = &state->pages[index];
    if (page->in_use > 0) {
      uint8_t *memory = page_memory(state, index);
      /* Free objects of the page are filled once more, which also mends them. */
      if (state->watched) dryi_annotate_alloc(memory, DRY_SLAB_PAGE_BYTES);
      dryi_slab_scrub(state, memory, DRY_SLAB_PAGE_BYTES);
    }
    page->in_use = 0;
    page->next = state->free_page;
    state->free_page = index;
  }
  for (uint32_t class = 0; class < DRY_SLAB_CLASSES; class++)
    state->classes[class] = (dryi_slab_class){DRYI_SLAB_NO_PAGE, 0, 0};
}

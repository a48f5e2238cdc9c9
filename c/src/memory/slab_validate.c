/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* slab_validate.c: whether pages, lists and counts agree, and nobody wrote into free objects. */
#include "base/detail.h"
#include "memory/slab_internal.h"

static dry_status page_wrong(dry_detail *detail, uint32_t index, const char *cause) {
  return dryi_fail_at(detail, DRY_CORRUPT, (uint64_t)index * DRY_SLAB_PAGE_BYTES, "slab: page %u: %s", index, cause);
}

static uint8_t *object_at(const dryi_slab_state *state, uint32_t index, uint32_t class, uint32_t object) {
  return state->base + (uint64_t)index * DRY_SLAB_PAGE_BYTES + object * dryi_slab_class_bytes(class);
}

/* The bits of a page that is in use: their number, those of no object, and the words' own bits. */
static dry_status check_bits(const dryi_slab_state *state, uint32_t index, dry_detail *detail) {
  const dryi_slab_page *page = &state->pages[index];
  uint32_t class = page->kind - 1u, taken = 0;
  for (uint32_t word = 0; word < DRYI_SLAB_WORDS; word++) {
    uint64_t none = dryi_slab_no_objects(class, word), bits = page->used[word];
    if ((bits & none) != none) return page_wrong(detail, index, "an object beyond its end is free");
    if ((page->full_words >> word & 1) != (bits == UINT64_MAX))
      return page_wrong(detail, index, "the bits of full words are wrong");
    taken += (uint32_t)__builtin_popcountll(bits & ~none);
  }
  return taken == page->in_use ? DRY_OK : page_wrong(detail, index, "the count of objects is wrong");
}

static dry_status check_poison(const dryi_slab_state *state, uint32_t index, dry_detail *detail) {
  const dryi_slab_page *page = &state->pages[index];
  uint32_t class = page->kind - 1u;
  for (uint32_t object = 0; object < dryi_slab_class_objects(class); object++) {
    if (page->in_use > 0 && (page->used[object / 64] >> object % 64 & 1)) continue;
    uint8_t *memory = object_at(state, index, class, object);
    if (!dryi_slab_is_untouched(state, memory, dryi_slab_class_bytes(class)))
      return dryi_fail_at(detail, DRY_CORRUPT, (uint64_t)(memory - state->base),
                          "slab: page %u: free object %u of %llu bytes was written to", index, object,
                          (unsigned long long)dryi_slab_class_bytes(class));
  }
  return DRY_OK;
}

typedef struct totals {
  uint64_t in_use[DRY_SLAB_CLASSES];
  uint32_t pages[DRY_SLAB_CLASSES];
  uint32_t with_room[DRY_SLAB_CLASSES];
  uint32_t free_pages;
} totals;

static dry_status check_page(const dryi_slab_state *state, uint32_t index, totals *seen, dry_detail *detail) {
  const dryi_slab_page *page = &state->pages[index];
  if (page->kind == 0 || page->kind > DRY_SLAB_CLASSES) return page_wrong(detail, index, "it is of no class");
  uint32_t class = page->kind - 1u;
  if (page->in_use == 0) {
    seen->free_pages++;
  } else {
    dry_status status = check_bits(state, index, detail);
    if (status != DRY_OK) return status;
    seen->pages[class]++;
    seen->in_use[class] += page->in_use;
    seen->with_room[class] += page->full_words != DRYI_SLAB_ALL_FULL;
  }
  return check_poison(state, index, detail);
}

/* Follows a list of `count` pages, each of which must be what `class` says (DRY_SLAB_CLASSES: free). */
static dry_status check_list(const dryi_slab_state *state, uint32_t first, uint32_t count, uint32_t class,
                             dry_detail *detail) {
  uint32_t before = DRYI_SLAB_NO_PAGE, index = first;
  for (uint32_t i = 0; i < count; i++) {
    if (index >= state->fresh) return dryi_fail(detail, DRY_CORRUPT, "slab: a list of pages ends too early");
    const dryi_slab_page *page = &state->pages[index];
    bool fits = class == DRY_SLAB_CLASSES ? page->in_use == 0
                                          : page->in_use > 0 && page->kind == class + 1 && page->before == before &&
                                                page->full_words != DRYI_SLAB_ALL_FULL;
    if (!fits) return page_wrong(detail, index, "it is in a list where it does not belong");
    before = index;
    index = page->next;
  }
  if (index != DRYI_SLAB_NO_PAGE) return dryi_fail(detail, DRY_CORRUPT, "slab: a list of pages does not end");
  return DRY_OK;
}

static dry_status check_class(const dryi_slab_state *state, uint32_t class, const totals *seen, dry_detail *detail) {
  const dryi_slab_class *of = &state->classes[class];
  if (of->in_use != seen->in_use[class] || of->pages != seen->pages[class])
    return dryi_fail(detail, DRY_CORRUPT, "slab: the counts of class %llu are wrong",
                     (unsigned long long)dryi_slab_class_bytes(class));
  return check_list(state, of->with_room, seen->with_room[class], class, detail);
}

dry_status dry_slab_validate(const dry_slab *slab, dry_detail *detail) {
  if (!slab) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "slab: must not be NULL");
  const dryi_slab_state *state = slab->state;
  if (!state) return dryi_fail(detail, DRY_CLOSED, "slab: %s", dry_status_text(DRY_CLOSED));
  totals seen = {{0}, {0}, {0}, 0};
  dry_status status = DRY_OK;
  if (state->fresh > state->page_count) status = dryi_fail(detail, DRY_CORRUPT, "slab: more pages are used than there are");
  for (uint32_t index = 0; status == DRY_OK && index < state->fresh; index++)
    status = check_page(state, index, &seen, detail);
  for (uint32_t class = 0; status == DRY_OK && class < DRY_SLAB_CLASSES; class++)
    status = check_class(state, class, &seen, detail);
  if (status == DRY_OK) status = check_list(state, state->free_page, seen.free_pages, DRY_SLAB_CLASSES, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}

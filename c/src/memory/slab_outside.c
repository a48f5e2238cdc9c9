/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* slab_outside.c: objects that are too large for a class. A table of their addresses tells good frees from bad ones. */
#include <string.h>

#include "base/assert.h"
#include "memory/slab_internal.h"
#include "os/os.h"

#define CELLS_MIN 64u

static uint64_t first_cell(const dryi_slab_state *state, uint64_t address) {
  /* Fibonacci hashing: heap addresses differ in their middle bits, which the product spreads to the upper half. */
  return (address * 0x9e3779b97f4a7c15u >> 32) & (state->outside_cells - 1);
}

/* The address's cell, or the empty one where it belongs. Half of the cells are empty, so there is an end. */
static dryi_slab_outside *cell_of(const dryi_slab_state *state, uint64_t address) {
  uint64_t at = first_cell(state, address);
  while (state->outside[at].address != 0 && state->outside[at].address != address)
    at = (at + 1) & (state->outside_cells - 1);
  return &state->outside[at];
}

static bool is_remembered(const dryi_slab_state *state, const dryi_slab_outside *object) {
  return object->freed == 0 || state->outside_frees - object->freed < DRY_SLAB_FREES_REMEMBERED;
}

/* A new table with what is in use or remembered, and room for as much again. */
static dry_status rebuild(dryi_slab_state *state) {
  dryi_slab_state old = *state;
  uint64_t kept = 0;
  for (uint64_t i = 0; i < old.outside_cells; i++) {
    if (old.outside[i].address != 0 && is_remembered(state, &old.outside[i])) kept++;
  }
  uint64_t cells = CELLS_MIN;
  while (cells < kept * 4) cells *= 2;
  dryi_slab_outside *table = dryi_os_alloc_zeroed((size_t)(cells * sizeof *table));
  if (!table) return DRY_OUT_OF_MEMORY;
  state->outside = table;
  state->outside_cells = cells;
  state->outside_filled = kept;
  for (uint64_t i = 0; i < old.outside_cells; i++) {
    const dryi_slab_outside *object = &old.outside[i];
    if (object->address != 0 && is_remembered(state, object)) *cell_of(state, object->address) = *object;
  }
  dryi_os_free(old.outside);
  return DRY_OK;
}

dry_status dryi_slab_outside_alloc(dryi_slab_state *state, uint64_t size_bytes, void **memory_out) {
  /* What no slab could hold is refused here: an allocator with checks of its own may abort over it. */
  if (size_bytes > DRY_SLAB_BYTES_MAX) return DRY_OUT_OF_MEMORY;
  if ((state->outside_filled + 1) * 2 > state->outside_cells && rebuild(state) != DRY_OK) return DRY_OUT_OF_MEMORY;
  void *memory = dryi_os_alloc_zeroed((size_t)size_bytes);
  if (!memory) return DRY_OUT_OF_MEMORY;
  dryi_slab_outside *cell = cell_of(state, (uint64_t)(uintptr_t)memory);
  /* The heap gives freed addresses out again; then the cell is there already. */
  if (cell->address == 0) state->outside_filled++;
  DRY_ASSERT(cell->address == 0 || cell->freed != 0);
  *cell = (dryi_slab_outside){(uint64_t)(uintptr_t)memory, size_bytes, 0};
  state->outside_in_use++;
  state->fallbacks++;
  *memory_out = memory;
  return DRY_OK;
}

/* Whether the heap has put an object there since: around the address, since one that begins with it has its cell. */
static bool is_inside_another(const dryi_slab_state *state, uint64_t address) {
  for (uint64_t i = 0; i < state->outside_cells; i++) {
    const dryi_slab_outside *object = &state->outside[i];
    if (object->address != 0 && object->freed == 0 && address - object->address < object->bytes) return true;
  }
  return false;
}

dry_status dryi_slab_outside_find(const dryi_slab_state *state, const void *memory, dryi_slab_outside **found_out) {
  if (!memory || state->outside_cells == 0) return DRY_FOREIGN;
  dryi_slab_outside *cell = cell_of(state, (uint64_t)(uintptr_t)memory);
  if (cell->address == 0 || !is_remembered(state, cell)) return DRY_FOREIGN;
  *found_out = cell;
  if (!cell->freed) return DRY_OK;
  return is_inside_another(state, cell->address) ? DRY_FOREIGN : DRY_STALE;
}

void dryi_slab_outside_free(dryi_slab_state *state, dryi_slab_outside *object) {
  void *memory = (void *)(uintptr_t)object->address;
  if (state->asked & DRY_MEMORY_WIPE) dryi_wipe(memory, object->bytes);
  dryi_os_free(memory);
  object->freed = ++state->outside_frees;
  state->outside_in_use--;
}

void dryi_slab_outside_free_all(dryi_slab_state *state) {
  for (uint64_t i = 0; i < state->outside_cells && state->outside_in_use > 0; i++) {
    dryi_slab_outside *object = &state->outside[i];
    if (object->address != 0 && object->freed == 0) dryi_slab_outside_free(state, object);
  }
}

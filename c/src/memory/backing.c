/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "memory/backing.h"

#include <string.h>

#include "base/assert.h"
#include "base/detail.h"
#include "os/os.h"

#define HUGE_BYTES 0x200000u

static uint64_t round_to(uint64_t bytes, uint64_t unit) { return (bytes + unit - 1) / unit * unit; }

/* ---- private memory ---- */

/* Takes address space whose base is a multiple of 2 MiB, by taking too much and giving back both ends. */
static int reserve_aligned(uint64_t bytes, void **base_out) {
  void *wide;
  int error = dryi_os_reserve(bytes + HUGE_BYTES, &wide);
  if (error) return error;
  uint8_t *from = (uint8_t *)wide;
  uint8_t *base = (uint8_t *)dryi_align_up((uint64_t)(uintptr_t)from, HUGE_BYTES);
  if (base > from) (void)dryi_os_unmap(from, (uint64_t)(base - from));
  uint64_t behind = HUGE_BYTES - (uint64_t)(base - from);
  if (behind > 0) (void)dryi_os_unmap(base + bytes, behind);
  *base_out = base;
  return 0;
}

/* What is asked of a range that has just become usable. */
static void ask(dryi_private *memory, uint8_t *from, uint64_t bytes, uint32_t flags) {
  uint32_t refused = 0;
  if ((flags & DRY_MEMORY_HUGE_PAGES) && dryi_os_huge_pages(from, bytes)) refused |= DRY_MEMORY_HUGE_PAGES;
  if ((flags & DRY_MEMORY_NUMA_LOCAL) && dryi_os_numa_local(from, bytes)) refused |= DRY_MEMORY_NUMA_LOCAL;
  bool touch = (flags & (DRY_MEMORY_PREFAULT | DRY_MEMORY_NUMA_LOCAL)) != 0;
  if (touch && dryi_os_prefault(from, bytes, true)) refused |= flags & (DRY_MEMORY_PREFAULT | DRY_MEMORY_NUMA_LOCAL);
  memory->refused |= refused;
  memory->granted = flags & DRYI_SYSTEM_FLAGS & ~memory->refused;
}

dry_status dryi_private_commit(dryi_private *memory, uint64_t offset, uint64_t bytes, uint32_t flags) {
  if (bytes == 0) return DRY_OK;
  if (dryi_os_commit(memory->base + offset, bytes)) return DRY_OUT_OF_MEMORY;
  ask(memory, memory->base + offset, bytes, flags);
  return DRY_OK;
}

dry_status dryi_private_map(uint64_t bytes, uint64_t usable, uint32_t flags, dryi_private *out, dry_detail *detail) {
  memset(out, 0, sizeof *out);
  bool whole = usable == bytes;
  /* The system puts huge pages only where a whole one fits. */
  uint64_t mapped = round_to(bytes, flags & DRY_MEMORY_HUGE_PAGES ? HUGE_BYTES : DRY_REGION_PAGE_BYTES);
  usable = whole ? mapped : round_to(usable, DRY_REGION_PAGE_BYTES);
  void *base = NULL;
  int error;
  if (flags & DRY_MEMORY_HUGE_PAGES)
    error = reserve_aligned(mapped, &base);
  else
    error = whole ? dryi_os_map_anonymous(mapped, &base) : dryi_os_reserve(mapped, &base);
  if (error) return dryi_fail_os(detail, error, "memory: %llu bytes", (unsigned long long)mapped);
  out->base = (uint8_t *)base;
  out->bytes = mapped;
  dry_status status = DRY_OK;
  if (whole && !(flags & DRY_MEMORY_HUGE_PAGES))
    ask(out, out->base, mapped, flags);
  else
    status = dryi_private_commit(out, 0, usable, flags);
  if (status != DRY_OK) dryi_fail(detail, status, "memory: %llu bytes", (unsigned long long)usable);
  if (status == DRY_OK && (flags & DRY_MEMORY_REQUIRED) && out->refused)
    status = dryi_fail(detail, DRY_UNSUPPORTED, "flags: the system refused 0x%x", out->refused);
  if (status != DRY_OK) dryi_private_unmap(out);
  return status;
}

void dryi_private_unmap(dryi_private *memory) {
  if (memory->base) (void)dryi_os_unmap(memory->base, memory->bytes);
  memset(memory, 0, sizeof *memory);
}

/* ---- backing ---- */

static const uint32_t never_closed = 0;

dry_status dryi_backing_new(size_t bytes, dryi_backing **out, dry_detail *detail) {
  DRY_ASSERT(bytes >= sizeof **out);
  *out = dryi_os_alloc_zeroed(bytes);
  if (!*out) return dryi_fail(detail, DRY_OUT_OF_MEMORY, "memory: none for a handle of %llu bytes",
                              (unsigned long long)bytes);
  return DRY_OK;
}

void dryi_backing_free(dryi_backing *backing) {
  if (!backing) return;
  dryi_private_unmap(&backing->memory);
  if (backing->mapping) dryi_mapping_release(backing->mapping);
  dryi_os_free(backing);
}

void dryi_backing_adopt(dryi_backing *backing, const dryi_part *part) {
  dryi_mapping_retain(part->mapping);
  backing->mapping = part->mapping;
  backing->part_offset = part->offset;
}

const uint32_t *dryi_backing_closed(const dryi_backing *backing) {
  return backing && backing->mapping ? &backing->mapping->closed : &never_closed;
}

/* ---- options ---- */

dry_status dryi_check_flags(uint32_t flags, uint32_t allowed, dry_detail *detail) {
  if ((flags & ~allowed) == 0) return DRY_OK;
  return dryi_fail(detail, DRY_INVALID_ARGUMENT, "flags: 0x%x is unknown, or not possible here", flags & ~allowed);
}

dry_status dryi_check_align(uint64_t align_bytes, uint64_t object_bytes, uint64_t max, uint64_t *align_out,
                            dry_detail *detail) {
  uint64_t align = align_bytes;
  if (align == 0) {
    uint64_t divides = object_bytes & (~object_bytes + 1);
    align = divides < 16 ? divides : 16;
  }
  if (!dryi_is_power_of_two(align) || align > max)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "align_bytes: %llu is no power of two from 1 to %llu",
                     (unsigned long long)align_bytes, (unsigned long long)max);
  *align_out = align;
  return DRY_OK;
}

/* ---- bytes ---- */

void dryi_wipe(void *memory, uint64_t bytes) {
  memset(memory, 0, (size_t)bytes);
  /* The compiler must take it that somebody reads the zeros. */
  __asm__ volatile("" : : "r"(memory) : "memory");
}

uint64_t dryi_stride_inverse(uint64_t stride, uint32_t *shift_out) {
  *shift_out = (uint32_t)__builtin_ctzll(stride);
  uint64_t odd = stride >> *shift_out;
  /* Newton: three bits are right at first, and twice as many each time. */
  uint64_t inverse = odd;
  for (int bits = 3; bits < 64; bits *= 2) inverse *= 2 - odd * inverse;
  return inverse;
}

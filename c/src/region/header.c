/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "base/atomics.h"
#include "base/crc32c.h"
#include "base/detail.h"
#include "region/region_internal.h"

_Static_assert(sizeof(dry_region_header) == 128, "stored layout");
_Static_assert(offsetof(dry_region_header, size_bytes) == 16, "stored layout");
_Static_assert(offsetof(dry_region_header, creation_id) == 24, "stored layout");
_Static_assert(offsetof(dry_region_header, header_crc) == 44, "stored layout");
_Static_assert(offsetof(dry_region_header, state) == 64, "stored layout");
_Static_assert(offsetof(dry_region_header, epoch) == 72, "stored layout");
_Static_assert(offsetof(dry_region_header, image_crc) == 80, "stored layout");
_Static_assert(sizeof(dry_part_entry) == 320, "stored layout");
_Static_assert(offsetof(dry_part_entry, state) == 32, "stored layout");
_Static_assert(offsetof(dry_part_entry, name) == 64, "stored layout");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "regions are little-endian, and so must the machine be");

static uint32_t fixed_fields_crc(const dry_region_header *copy) {
  return dryi_crc32c(0, copy, offsetof(dry_region_header, header_crc));
}

void dryi_region_header_init(dry_region_header *header, uint64_t size_bytes, uint32_t part_capacity,
                             const uint64_t creation_id[2]) {
  memset(header, 0, sizeof *header);
  header->magic = DRY_REGION_MAGIC;
  header->format = DRY_REGION_FORMAT;
  header->byte_order = DRY_BYTE_ORDER_MARK;
  header->size_bytes = size_bytes;
  header->creation_id[0] = creation_id[0];
  header->creation_id[1] = creation_id[1];
  header->part_capacity = part_capacity;
  header->header_crc = fixed_fields_crc(header);
}

dry_status dryi_region_header_check(const dry_region_header *header, uint64_t size_bytes, uint32_t *part_capacity_out,
                                    dry_detail *detail) {
  /* One copy: what is checked is what is used, whatever another process writes meanwhile. */
  dry_region_header copy;
  const uint64_t *from = (const uint64_t *)(const void *)header;
  uint64_t words[offsetof(dry_region_header, state) / 8];
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) words[i] = dryi_load_relaxed_u64(from + i);
  memcpy(&copy, words, sizeof words);

  if (copy.magic != DRY_REGION_MAGIC)
    return dryi_fail(detail, DRY_CORRUPT, "not a region: the magic is 0x%016llx", (unsigned long long)copy.magic);
  if (copy.byte_order != DRY_BYTE_ORDER_MARK)
    return dryi_fail_at(detail, copy.byte_order == 0x04030201u ? DRY_VERSION_MISMATCH : DRY_CORRUPT,
                        offsetof(dry_region_header, byte_order), "header: byte order is 0x%08x", copy.byte_order);
  uint32_t crc = fixed_fields_crc(&copy);
  if (copy.format != DRY_REGION_FORMAT) {
    /* Another revision may keep its checksum elsewhere, so the number comes first; but a damaged number is damage. */
    copy.format = DRY_REGION_FORMAT;
    if (fixed_fields_crc(&copy) == copy.header_crc)
      return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, format), "header: format number is damaged");
    return dryi_fail_at(detail, DRY_VERSION_MISMATCH, offsetof(dry_region_header, format),
                        "header: format revision is not %d, the one that this library reads", DRY_REGION_FORMAT);
  }
  if (crc != copy.header_crc)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, header_crc),
                        "header: checksum is 0x%08x, stored 0x%08x", crc, copy.header_crc);
  if (copy.size_bytes < DRY_REGION_BYTES_MIN || copy.size_bytes > DRY_REGION_BYTES_MAX ||
      copy.size_bytes % DRY_REGION_PAGE_BYTES != 0)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, size_bytes), "header: size of %llu bytes",
                        (unsigned long long)copy.size_bytes);
  if (copy.size_bytes != size_bytes)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, size_bytes),
                        "truncated or grown: %llu bytes are there, the header says %llu",
                        (unsigned long long)size_bytes, (unsigned long long)copy.size_bytes);
  if (copy.part_capacity == 0 || copy.part_capacity > DRY_REGION_PARTS_MAX ||
      dryi_directory_end(copy.part_capacity) > copy.size_bytes)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, part_capacity),
                        "header: room for %u parts", copy.part_capacity);
  if (copy.reserved0[0] != 0 || copy.reserved0[1] != 0)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, reserved0), "header: reserved bytes are set");
  *part_capacity_out = copy.part_capacity;
  return DRY_OK;
}

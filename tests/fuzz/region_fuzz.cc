/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/fuzz/region_fuzz.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "drystone/drystone.h"

extern "C" {
#include "base/crc32c.h"
}

namespace fuzz {
namespace {

struct Free {
  void operator()(uint8_t *memory) const { std::free(memory); }
};
/* Exactly as long as the region, so that AddressSanitizer sees every step outside. */
using Memory = std::unique_ptr<uint8_t, Free>;

void Must(bool holds, const char *promise, const char *detail = "") {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s: %s\n", promise, detail);
  std::abort();
}

/* ---- from input to region ---- */

template <typename T>
T *At(uint8_t *region, size_t offset) {
  return reinterpret_cast<T *>(region + offset);
}

void Take(const uint8_t **data, size_t *left, uint8_t *to, size_t bytes) {
  const size_t n = *left < bytes ? *left : bytes;
  std::memcpy(to, *data, n);
  *data += n;
  *left -= n;
}

void FixChecksums(uint8_t *region, uint8_t flags) {
  dry_region_header *header = At<dry_region_header>(region, 0);
  dry_part_entry *entry = At<dry_part_entry>(region, DRY_REGION_DIRECTORY_OFFSET);
  dry_kv_header *kv = At<dry_kv_header>(region, kPartOffset);
  if (flags & FIX_REGION) header->header_crc = dryi_crc32c_scalar(0, header, offsetof(dry_region_header, header_crc));
  if (flags & FIX_ENTRY) {
    const uint32_t crc = dryi_crc32c_scalar(0, entry, offsetof(dry_part_entry, entry_crc));
    entry->entry_crc = dryi_crc32c_scalar(crc, entry->name, sizeof entry->name);
  }
  if (flags & FIX_KV) kv->header_crc = dryi_crc32c_scalar(0, kv, offsetof(dry_kv_header, header_crc));
}

Memory RegionOf(const uint8_t *data, size_t size, size_t *region_bytes) {
  const uint8_t flags = size > 0 ? data[0] : 0;
  size_t left = size > 0 ? size - 1 : 0;
  data += size > 0;
  *region_bytes = flags & RAW ? (left + 4095) / 4096 * 4096 : kRegionBytes;
  if (*region_bytes < DRY_REGION_BYTES_MIN) *region_bytes = DRY_REGION_BYTES_MIN;
  Memory region(static_cast<uint8_t *>(std::aligned_alloc(4096, *region_bytes)));
  std::memset(region.get(), 0, *region_bytes);
  if (flags & RAW) {
    Take(&data, &left, region.get(), *region_bytes);
  } else {
    Take(&data, &left, region.get(), sizeof(dry_region_header));
    Take(&data, &left, region.get() + DRY_REGION_DIRECTORY_OFFSET, sizeof(dry_part_entry));
    Take(&data, &left, region.get() + kPartOffset, kRegionBytes - kPartOffset);
    FixChecksums(region.get(), flags);
  }
  // A creator that has not finished is waited for: right, and far too slow for a fuzzer.
  dry_region_header *header = At<dry_region_header>(region.get(), 0);
  if (header->state == 0) header->state = DRY_REGION_READY;
  return region;
}

/* ---- what is done with it ---- */

void ReadKey(dry_kv_reader *reader, const char *key, size_t key_bytes, Reached *reached) {
  // As large as the smallest values only, so that "too large" is met as well.
  char value[48];
  size_t value_bytes = 0;
  uint64_t version = 0;
  const dry_status status = dry_kv_get(reader, key, key_bytes, value, sizeof value, &value_bytes, &version);
  Must(status != DRY_OK || value_bytes <= sizeof value, "a value that fits is no longer than its buffer");
  reached->read |= status == DRY_OK;
  uint32_t found = 0;
  dry_kv_contains(reader, key, key_bytes, &found);
  dry_kv_value_view view;
  if (dry_kv_view(reader, key, key_bytes, &view) != DRY_OK) return;
  volatile uint8_t sum = 0;
  for (size_t i = 0; i < view.value_bytes; i++) sum = sum + static_cast<const uint8_t *>(view.value)[i];
  dry_kv_view_check(reader, &view);
}

void ReadAll(dry_region *region, const dry_part_info &part, uint32_t flags, Reached *reached) {
  dry_kv_reader reader;
  dry_detail detail;
  if (dry_kv_reader_open(region, part.name, part.name_bytes, flags, &reader, &detail) != DRY_OK) return;
  dry_kv_stats stats;
  dry_kv_get_stats(&reader, &stats);
  char key[64];
  size_t key_bytes = 0;
  uint64_t cursor = 0;
  for (int i = 0; i < 200; i++) {
    const uint64_t before = cursor;
    const dry_status status =
        dry_kv_next(&reader, &cursor, key, sizeof key, &key_bytes, nullptr, 0, nullptr, nullptr);
    if (status == DRY_NOT_FOUND) break;
    if (status == DRY_OK) ReadKey(&reader, key, key_bytes, reached);
    if (cursor == before) cursor++;
  }
  ReadKey(&reader, "none", 4, reached);
  dry_kv_reader_close(&reader);
}

void WriteSome(dry_region *region, const dry_part_info &part, bool sound, Reached *reached) {
  dry_kv_writer writer;
  dry_detail detail;
  const dry_status status = dry_kv_open(region, part.name, part.name_bytes, &writer, &detail);
  Must(!sound || status == DRY_OK, "what verify finds sound can be opened for writing", detail.text);
  if (status != DRY_OK) return;
  char key[8], value[200];
  std::memset(value, 'v', sizeof value);
  for (unsigned i = 0; i < 120; i++) {
    const int key_bytes = std::snprintf(key, sizeof key, "k%u", i % 29);
    if (i % 4 == 3) {
      dry_kv_delete(&writer, key, static_cast<size_t>(key_bytes), nullptr);
    } else {
      const dry_status put =
          dry_kv_put(&writer, key, static_cast<size_t>(key_bytes), value, i * 13 % sizeof value, nullptr);
      Must(!sound || put == DRY_OK || put == DRY_FULL, "a sound store takes a put, or is full");
      reached->written |= put == DRY_OK;
    }
  }
  dry_kv_writer_close(&writer);
  if (sound) Must(dry_region_verify(region, &detail) == DRY_OK, "a sound store stays sound", detail.text);
}

void Look(uint8_t *memory, size_t bytes, bool write, Reached *reached) {
  dry_region_open_options options = {};
  options.struct_size = sizeof options;
  options.kind = DRY_REGION_BUFFER;
  options.mode = write ? DRY_MODE_WRITE : DRY_MODE_READ;
  options.buffer = memory;
  options.buffer_bytes = bytes;
  dry_region region;
  dry_detail detail;
  const dry_status status = dry_region_open(&options, &region, &detail);
  Must(status == DRY_OK || (detail.status == status && detail.text[0] != '\0'), "a refusal says what it found");
  if (status != DRY_OK) return;
  reached->opened = true;
  const bool sound = dry_region_verify(&region, &detail) == DRY_OK;
  Must(sound || detail.text[0] != '\0', "verify says what it found");
  reached->verified |= sound;
  dry_region_stats stats;
  dry_region_get_stats(&region, &stats);
  dry_part_info part;
  for (uint32_t i = 0; i < 4 && dry_region_part_at(&region, i, &part) == DRY_OK; i++) {
    ReadAll(&region, part, 0, reached);
    ReadAll(&region, part, DRY_KV_READ_CHECKED, reached);
    if (write) WriteSome(&region, part, sound, reached);
  }
  dry_region_close(&region);
}

}  // namespace

Reached Run(const uint8_t *data, size_t size) {
  Reached reached;
  size_t bytes = 0;
  const Memory region = RegionOf(data, size, &bytes);
  Look(region.get(), bytes, false, &reached);
  if (size > 0 && (data[0] & WRITE)) Look(region.get(), bytes, true, &reached);
  return reached;
}

std::string InputOf(const std::string &region, uint8_t flags) {
  std::string input(1, static_cast<char>(flags));
  if (flags & RAW) {
    input += region;
  } else {
    input += region.substr(0, sizeof(dry_region_header));
    input += region.substr(DRY_REGION_DIRECTORY_OFFSET, sizeof(dry_part_entry));
    input += region.substr(kPartOffset);
  }
  const size_t last = input.find_last_not_of('\0');
  return input.substr(0, last + 1);
}

}  // namespace fuzz

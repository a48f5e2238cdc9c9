/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/support/kv.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/status.h"

namespace support {

dry_kv_options KvOptions(uint64_t entries, uint64_t bytes, uint64_t seed) {
  dry_kv_options options = {};
  options.struct_size = sizeof options;
  options.layout = DRY_KV_LAYOUT_BLOCKS;
  options.entries = entries;
  options.bytes = bytes;
  options.seed = seed;
  options.has_seed = 1;
  return options;
}

uint64_t RegionBytesFor(const dry_kv_options &options, uint32_t part_capacity) {
  uint64_t part = 0;
  EXPECT_STATUS(DRY_OK, dry_kv_required_bytes(&options, &part));
  return RegionBytesForPart(part, part_capacity);
}

dry_status Put(dry_kv_writer *writer, std::string_view key, std::string_view value, uint64_t *version) {
  return dry_kv_put(writer, key.data(), key.size(), value.data(), value.size(), version);
}

dry_status PutNew(dry_kv_writer *writer, std::string_view key, std::string_view value, uint64_t *version) {
  return dry_kv_put_new(writer, key.data(), key.size(), value.data(), value.size(), version);
}

dry_status Replace(dry_kv_writer *writer, std::string_view key, std::string_view value, uint64_t expected,
                   uint64_t *version) {
  return dry_kv_replace(writer, key.data(), key.size(), value.data(), value.size(), expected, version);
}

dry_status Delete(dry_kv_writer *writer, std::string_view key, uint64_t *version) {
  return dry_kv_delete(writer, key.data(), key.size(), version);
}

dry_status Get(dry_kv_reader *reader, std::string_view key, std::string *value, uint64_t *version) {
  value->resize(256);
  for (;;) {
    size_t size = 0;
    const dry_status status =
        dry_kv_get(reader, key.data(), key.size(), value->data(), value->size(), &size, version);
    const bool grow = status == DRY_TOO_LARGE && size > value->size();
    value->resize(status == DRY_OK || grow ? size : 0);
    if (!grow) return status;
  }
}

std::string GetOr(dry_kv_reader *reader, std::string_view key) {
  std::string value;
  const dry_status status = Get(reader, key, &value);
  return status == DRY_OK ? value : std::string("<") + dry_status_name(status) + ">";
}

std::map<std::string, Entry> All(dry_kv_reader *reader) {
  std::map<std::string, Entry> entries;
  std::string key(256, '\0'), value(256, '\0');
  uint64_t cursor = 0;
  for (;;) {
    size_t key_bytes = 0, value_bytes = 0;
    uint64_t version = 0;
    const dry_status status = dry_kv_next(reader, &cursor, key.data(), key.size(), &key_bytes, value.data(),
                                          value.size(), &value_bytes, &version);
    if (status == DRY_TOO_LARGE) {
      if (key_bytes > key.size()) key.resize(key_bytes);
      if (value_bytes > value.size()) value.resize(value_bytes);
      continue;
    }
    if (status != DRY_OK) {
      EXPECT_STATUS(DRY_NOT_FOUND, status);
      return entries;
    }
    const bool fresh = entries.emplace(key.substr(0, key_bytes), Entry{value.substr(0, value_bytes), version}).second;
    EXPECT_TRUE(fresh) << "met twice: " << key.substr(0, key_bytes);
    if (!fresh) return entries;
  }
}

dry_kv_stats KvStats(dry_kv_reader *reader) {
  dry_kv_stats stats = {};
  EXPECT_STATUS(DRY_OK, dry_kv_get_stats(reader, &stats));
  return stats;
}

Store::Store(const dry_kv_options &options, uint32_t kind, const char *name) {
  EXPECT_STATUS(DRY_OK, region.Create(kind, RegionBytesFor(options), name)) << region.detail.text;
  EXPECT_STATUS(DRY_OK, dry_kv_create(&region.handle, "kv", 2, &options, &writer, &region.detail))
      << region.detail.text;
}

Store::~Store() { dry_kv_writer_close(&writer); }

Reader::Reader(Region &region, uint32_t flags) {
  EXPECT_STATUS(DRY_OK, dry_kv_reader_open(&region.handle, "kv", 2, flags, &handle, &region.detail))
      << region.detail.text;
}

std::string Stamped(std::string_view key, std::string_view payload) {
  const uint64_t stamp = dry_kv_hash(payload.data(), payload.size(), dry_kv_hash(key.data(), key.size(), 0));
  std::string value(8, '\0');
  std::memcpy(value.data(), &stamp, 8);
  return value.append(payload);
}

bool IsWhole(std::string_view key, const void *value, size_t value_bytes) {
  if (value_bytes < 8) return false;
  uint64_t stamp;
  std::memcpy(&stamp, value, 8);
  const char *payload = static_cast<const char *>(value) + 8;
  return stamp == dry_kv_hash(payload, value_bytes - 8, dry_kv_hash(key.data(), key.size(), 0));
}

}  // namespace support

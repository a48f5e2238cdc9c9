/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* kv.h: key-value stores as test objects, and values that prove themselves whole. */
#ifndef DRYSTONE_TESTS_SUPPORT_KV_H
#define DRYSTONE_TESTS_SUPPORT_KV_H

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "drystone/drystone.h"
#include "tests/support/region.h"

namespace support {

dry_kv_options KvOptions(uint64_t entries, uint64_t bytes, uint64_t seed = 7);

/** Bytes of a region that holds one store made with these options. */
uint64_t RegionBytesFor(const dry_kv_options &options, uint32_t part_capacity = DRY_REGION_PARTS_DEFAULT);

dry_status Put(dry_kv_writer *writer, std::string_view key, std::string_view value, uint64_t *version = nullptr);
dry_status PutNew(dry_kv_writer *writer, std::string_view key, std::string_view value, uint64_t *version = nullptr);
dry_status Replace(dry_kv_writer *writer, std::string_view key, std::string_view value, uint64_t expected,
                   uint64_t *version = nullptr);
dry_status Delete(dry_kv_writer *writer, std::string_view key, uint64_t *version = nullptr);

/** Reads a value of any size: asks for its size first when it does not fit what `value` holds. */
dry_status Get(dry_kv_reader *reader, std::string_view key, std::string *value, uint64_t *version = nullptr);
/** The value, or the name of the status in angle brackets. */
std::string GetOr(dry_kv_reader *reader, std::string_view key);

struct Entry {
  std::string value;
  uint64_t version;
  bool operator==(const Entry &other) const { return value == other.value && version == other.version; }
};
/** All entries by dry_kv_next; fails the test when one is met twice or the walk ends otherwise than at the end. */
std::map<std::string, Entry> All(dry_kv_reader *reader);

dry_kv_stats KvStats(dry_kv_reader *reader);

/** A store, part "kv", in a region of its own. */
class Store {
 public:
  Store(uint64_t entries, uint64_t bytes) : Store(KvOptions(entries, bytes)) {}
  explicit Store(const dry_kv_options &options, uint32_t kind = DRY_REGION_MEMORY, const char *name = nullptr);
  ~Store();
  dry_kv_reader *reader() { return dry_kv_writer_reader(&writer); }

  Region region;
  dry_kv_writer writer = {};
};

/** Another handle on the part "kv". */
class Reader {
 public:
  explicit Reader(Region &region, uint32_t flags = 0);
  ~Reader() { dry_kv_reader_close(&handle); }
  Reader(const Reader &) = delete;
  Reader &operator=(const Reader &) = delete;
  dry_kv_reader *get() { return &handle; }

  dry_kv_reader handle = {};
};

/** `payload` behind 8 bytes that are its hash, seeded by the key: whoever reads it can tell that it is whole. */
std::string Stamped(std::string_view key, std::string_view payload);
bool IsWhole(std::string_view key, const void *value, size_t value_bytes);

}  // namespace support

#endif

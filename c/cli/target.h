// SPDX-License-Identifier: MIT OR Apache-2.0
// What a command works on: a region by name, and a key-value part in it.
#ifndef DRYSTONE_CLI_TARGET_H
#define DRYSTONE_CLI_TARGET_H

#include <cstdint>
#include <memory>
#include <string>

#include "drystone/drystone.h"

namespace cli {

// REGION of the command line.
struct RegionName {
  uint32_t kind;     // DRY_REGION_FILE or DRY_REGION_SHARED
  std::string name;  // the path, or the shared-memory name
  std::string shown; // as it stands in messages
};

// "file:PATH", "shm:NAME", or a plain path.
RegionName parse_region(const std::string &text);

struct CloseRegion {
  void operator()(dry_region *region) const;
};
struct CloseReader {
  void operator()(dry_kv_reader *reader) const;
};
struct CloseWriter {
  void operator()(dry_kv_writer *writer) const;
};
using RegionHandle = std::unique_ptr<dry_region, CloseRegion>;
using ReaderHandle = std::unique_ptr<dry_kv_reader, CloseReader>;
using WriterHandle = std::unique_ptr<dry_kv_writer, CloseWriter>;

// What may be chosen when a region is made; zeros are the library's defaults.
struct RegionPlan {
  uint64_t size_bytes = 0;
  uint32_t part_capacity = 0;
  uint32_t permissions = 0;
};

RegionHandle open_region(const RegionName &name, uint32_t mode);
RegionHandle create_region(const RegionName &name, const RegionPlan &plan);
void unlink_region(const RegionName &name);

// A region's kv part and the words for it in messages.
struct PartName {
  std::string name;
  std::string shown; // file:x.region: part "kv"
};

// The part that --part names; when it is not given (empty), the only kv part of the region, else "kv".
PartName choose_part(const RegionName &region_name, dry_region *region, const std::string &asked);
bool has_part(const RegionName &region_name, dry_region *region, const std::string &part);

// Reads through it check each value's checksum.
ReaderHandle open_reader(dry_region *region, const PartName &part);
WriterHandle open_writer(dry_region *region, const PartName &part);
WriterHandle create_kv(dry_region *region, const PartName &part, const dry_kv_options &options);

// What most commands need: a region open for reading, and a part of it.
struct Source {
  Source(const std::string &region_text, const std::string &part_text);
  RegionName name;
  RegionHandle region;
  PartName part;
  ReaderHandle reader;
};

// The same for writing.
struct Sink {
  Sink(const std::string &region_text, const std::string &part_text);
  RegionName name;
  RegionHandle region;
  PartName part;
  WriterHandle writer;
};

dry_kv_options kv_options(uint64_t entries, uint64_t bytes);
// Bytes of a region that holds one kv part made with these options and nothing else.
uint64_t region_bytes_for(const std::string &subject, const dry_kv_options &options, uint32_t part_capacity);

}  // namespace cli

#endif

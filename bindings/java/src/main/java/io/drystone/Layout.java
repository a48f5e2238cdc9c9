// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/** Constants of the C headers. Made by ci/layout.py from c/include/drystone: run ci/generate after changing the headers. */
final class Layout {
  /** {@code DRY_ARENA_ALIGN_MAX}. */
  static final int ARENA_ALIGN_MAX = 4096;

  /** {@code DRY_ARENA_BYTES_MAX}. */
  static final long ARENA_BYTES_MAX = 0x400000000000L;

  /** {@code DRY_OVERFLOW_ERROR}. */
  static final int OVERFLOW_ERROR = 0;

  /** {@code DRY_OVERFLOW_FALLBACK}. */
  static final int OVERFLOW_FALLBACK = 1;

  /** {@code DRY_OVERFLOW_ABORT}. */
  static final int OVERFLOW_ABORT = 2;

  /** {@code DRY_PART_INDEX_MAP}. */
  static final int PART_INDEX_MAP = 3;

  /** {@code DRY_INDEX_MAP_FORMAT}. */
  static final int INDEX_MAP_FORMAT = 1;

  /** {@code DRY_INDEX_MAP_MAGIC}. */
  static final long INDEX_MAP_MAGIC = 0x3150414d58444e49L;

  /** {@code DRY_INDEX_MAP_HEADER_BYTES}. */
  static final int INDEX_MAP_HEADER_BYTES = 128;

  /** {@code DRY_INDEX_MAP_CAPACITY_MAX}. */
  static final int INDEX_MAP_CAPACITY_MAX = 0x1000000;

  /** {@code DRY_INDEX_MAP_LEVELS}. */
  static final int INDEX_MAP_LEVELS = 4;

  /** {@code DRY_KV_FORMAT}. */
  static final int KV_FORMAT = 1;

  /** {@code DRY_KV_MAGIC}. */
  static final long KV_MAGIC = 0x31564b5f59524400L;

  /** {@code DRY_KV_LAYOUT_BLOCKS}. */
  static final int KV_LAYOUT_BLOCKS = 0;

  /** {@code DRY_KV_HEADER_BYTES}. */
  static final int KV_HEADER_BYTES = 256;

  /** {@code DRY_KV_GROUP_SLOTS}. */
  static final int KV_GROUP_SLOTS = 15;

  /** {@code DRY_KV_GROUP_CONTROL_BYTES}. */
  static final int KV_GROUP_CONTROL_BYTES = 16;

  /** {@code DRY_KV_GROUP_SLOT_BYTES}. */
  static final int KV_GROUP_SLOT_BYTES = 120;

  /** {@code DRY_KV_OVERFLOW_STICKY}. */
  static final int KV_OVERFLOW_STICKY = 255;

  /** {@code DRY_KV_GRANULE_BYTES}. */
  static final int KV_GRANULE_BYTES = 16;

  /** {@code DRY_KV_SLOT_OFFSET_BITS}. */
  static final int KV_SLOT_OFFSET_BITS = 40;

  /** {@code DRY_KV_SLOT_TAG_SHIFT}. */
  static final int KV_SLOT_TAG_SHIFT = 8;

  /** {@code DRY_KV_BLOCK_HEADER_BYTES}. */
  static final int KV_BLOCK_HEADER_BYTES = 32;

  /** {@code DRY_KV_BLOCK_BYTES_MIN}. */
  static final int KV_BLOCK_BYTES_MIN = 48;

  /** {@code DRY_KV_QUARANTINE_BLOCKS}. */
  static final int KV_QUARANTINE_BLOCKS = 256;

  /** {@code DRY_KV_KEY_BYTES_MAX}. */
  static final int KV_KEY_BYTES_MAX = 65535;

  /** {@code DRY_KV_VALUE_BYTES_MAX}. */
  static final long KV_VALUE_BYTES_MAX = 0xffffffffL;

  /** {@code DRY_KV_ENTRIES_MAX}. */
  static final long KV_ENTRIES_MAX = 0xffffffffL;

  /** {@code DRY_KV_BYTES_MAX}. */
  static final long KV_BYTES_MAX = 0x100000000000L;

  /** {@code DRY_KV_ATTEMPTS_MAX}. */
  static final int KV_ATTEMPTS_MAX = 0x100000;

  /** {@code DRY_KV_READ_CHECKED}. */
  static final int KV_READ_CHECKED = 1;

  /** {@code DRY_MEMORY_PREFAULT}. */
  static final int MEMORY_PREFAULT = 1;

  /** {@code DRY_MEMORY_HUGE_PAGES}. */
  static final int MEMORY_HUGE_PAGES = 2;

  /** {@code DRY_MEMORY_NUMA_LOCAL}. */
  static final int MEMORY_NUMA_LOCAL = 4;

  /** {@code DRY_MEMORY_REQUIRED}. */
  static final int MEMORY_REQUIRED = 8;

  /** {@code DRY_MEMORY_GUARDED}. */
  static final int MEMORY_GUARDED = 16;

  /** {@code DRY_MEMORY_WIPE}. */
  static final int MEMORY_WIPE = 32;

  /** {@code DRY_MEMORY_TRACK}. */
  static final int MEMORY_TRACK = 64;

  /** {@code DRY_MEMORY_FLAGS}. */
  static final int MEMORY_FLAGS = 127;

  /** {@code DRY_CACHE_LINE_BYTES}. */
  static final int CACHE_LINE_BYTES = 64;

  /** {@code DRY_CACHE_PAIR_BYTES}. */
  static final int CACHE_PAIR_BYTES = 128;

  /** {@code DRY_OBJECT_POOL_CAPACITY_MAX}. */
  static final int OBJECT_POOL_CAPACITY_MAX = 0x40000000;

  /** {@code DRY_OBJECT_POOL_OBJECT_BYTES_MAX}. */
  static final int OBJECT_POOL_OBJECT_BYTES_MAX = 0x40000000;

  /** {@code DRY_OBJECT_POOL_ALIGN_MAX}. */
  static final int OBJECT_POOL_ALIGN_MAX = 4096;

  /** {@code DRY_OBJECT_POOL_BYTES_MAX}. */
  static final long OBJECT_POOL_BYTES_MAX = 0x400000000000L;

  /** {@code DRY_PART_POOL}. */
  static final int PART_POOL = 2;

  /** {@code DRY_POOL_FORMAT}. */
  static final int POOL_FORMAT = 1;

  /** {@code DRY_POOL_MAGIC}. */
  static final long POOL_MAGIC = 0x314c4f4f50595244L;

  /** {@code DRY_POOL_HEADER_BYTES}. */
  static final int POOL_HEADER_BYTES = 128;

  /** {@code DRY_POOL_CAPACITY_MAX}. */
  static final int POOL_CAPACITY_MAX = 0x40000000;

  /** {@code DRY_POOL_OBJECT_BYTES_MAX}. */
  static final int POOL_OBJECT_BYTES_MAX = 0x40000000;

  /** {@code DRY_POOL_ALIGN_MAX}. */
  static final int POOL_ALIGN_MAX = 4096;

  /** {@code DRY_POOL_BYTES_MAX}. */
  static final long POOL_BYTES_MAX = 0x400000000000L;

  /** {@code DRY_POOL_CANARY_BYTES}. */
  static final int POOL_CANARY_BYTES = 16;

  /** {@code DRY_POOL_POISON_BYTE}. */
  static final int POOL_POISON_BYTE = 223;

  /** {@code DRY_POOL_SLOT_FREE}. */
  static final int POOL_SLOT_FREE = 0;

  /** {@code DRY_POOL_SLOT_TAKEN}. */
  static final int POOL_SLOT_TAKEN = 1;

  /** {@code DRY_POOL_SLOT_WITHDRAWN}. */
  static final int POOL_SLOT_WITHDRAWN = 2;

  /** {@code DRY_POOL_PENDING_RESET}. */
  static final int POOL_PENDING_RESET = 1;

  /** {@code DRY_POOL_PENDING_RELEASE}. */
  static final int POOL_PENDING_RELEASE = 2;

  /** {@code DRY_POOL_PENDING_STACK}. */
  static final int POOL_PENDING_STACK = 3;

  /** {@code DRY_REGION_FORMAT}. */
  static final int REGION_FORMAT = 1;

  /** {@code DRY_REGION_MAGIC}. */
  static final long REGION_MAGIC = 0x454e4f5453595244L;

  /** {@code DRY_BYTE_ORDER_MARK}. */
  static final int BYTE_ORDER_MARK = 0x1020304;

  /** {@code DRY_REGION_READY}. */
  static final int REGION_READY = 0x59414552;

  /** {@code DRY_REGION_SEALED}. */
  static final int REGION_SEALED = 0x4c414553;

  /** {@code DRY_PART_READY}. */
  static final int PART_READY = 0x54524150;

  /** {@code DRY_REGION_PAGE_BYTES}. */
  static final int REGION_PAGE_BYTES = 4096;

  /** {@code DRY_REGION_DIRECTORY_OFFSET}. */
  static final int REGION_DIRECTORY_OFFSET = 4096;

  /** {@code DRY_REGION_BYTES_MIN}. */
  static final int REGION_BYTES_MIN = 16384;

  /** {@code DRY_REGION_BYTES_MAX}. */
  static final long REGION_BYTES_MAX = 0x400000000000L;

  /** {@code DRY_REGION_PARTS_DEFAULT}. */
  static final int REGION_PARTS_DEFAULT = 24;

  /** {@code DRY_REGION_PARTS_MAX}. */
  static final int REGION_PARTS_MAX = 1024;

  /** {@code DRY_PART_NAME_BYTES_MAX}. */
  static final int PART_NAME_BYTES_MAX = 255;

  /** {@code DRY_REGION_NAME_BYTES_MAX}. */
  static final int REGION_NAME_BYTES_MAX = 255;

  /** {@code DRY_PART_KV}. */
  static final int PART_KV = 1;

  /** {@code DRY_REGION_MEMORY}. */
  static final int REGION_MEMORY = 1;

  /** {@code DRY_REGION_FILE}. */
  static final int REGION_FILE = 2;

  /** {@code DRY_REGION_SHARED}. */
  static final int REGION_SHARED = 3;

  /** {@code DRY_REGION_DESCRIPTOR}. */
  static final int REGION_DESCRIPTOR = 4;

  /** {@code DRY_REGION_BUFFER}. */
  static final int REGION_BUFFER = 5;

  /** {@code DRY_MODE_READ}. */
  static final int MODE_READ = 1;

  /** {@code DRY_MODE_WRITE}. */
  static final int MODE_WRITE = 2;

  /** {@code DRY_MODE_SHARE}. */
  static final int MODE_SHARE = 3;

  /** {@code DRY_REGION_PREFAULT}. */
  static final int REGION_PREFAULT = 1;

  /** {@code DRY_REGION_HUGE_PAGES}. */
  static final int REGION_HUGE_PAGES = 2;

  /** {@code DRY_REGION_TAKE_OVER}. */
  static final int REGION_TAKE_OVER = 4;

  /** {@code DRY_SCRATCH_BYTES_MIN}. */
  static final int SCRATCH_BYTES_MIN = 0x100000;

  /** {@code DRY_SCRATCH_BYTES_DEFAULT}. */
  static final int SCRATCH_BYTES_DEFAULT = 0x100000;

  /** {@code DRY_SCRATCH_BYTES_MAX}. */
  static final int SCRATCH_BYTES_MAX = 0x40000000;

  /** {@code DRY_SCRATCH_LEVELS}. */
  static final int SCRATCH_LEVELS = 8;

  /** {@code DRY_PART_SHARED_POOL}. */
  static final int PART_SHARED_POOL = 4;

  /** {@code DRY_SHARED_POOL_FORMAT}. */
  static final int SHARED_POOL_FORMAT = 1;

  /** {@code DRY_SHARED_POOL_MAGIC}. */
  static final long SHARED_POOL_MAGIC = 0x314c504552414853L;

  /** {@code DRY_SHARED_POOL_HEADER_BYTES}. */
  static final int SHARED_POOL_HEADER_BYTES = 512;

  /** {@code DRY_SHARED_POOL_MAGAZINE_SLOTS}. */
  static final int SHARED_POOL_MAGAZINE_SLOTS = 64;

  /** {@code DRY_SHARED_POOL_CAPACITY_MAX}. */
  static final int SHARED_POOL_CAPACITY_MAX = 0x20000000;

  /** {@code DRY_SHARED_POOL_CACHES_DEFAULT}. */
  static final int SHARED_POOL_CACHES_DEFAULT = 64;

  /** {@code DRY_SHARED_POOL_CACHES_MAX}. */
  static final int SHARED_POOL_CACHES_MAX = 4096;

  /** {@code DRY_SHARED_POOL_STRANDED_MAX}. */
  static final int SHARED_POOL_STRANDED_MAX = 128;

  /** {@code DRY_SHARED_POOL_BATCH_BITS}. */
  static final int SHARED_POOL_BATCH_BITS = 24;

  /** {@code DRY_SHARED_POOL_SPARE_BATCHES}. */
  static final int SHARED_POOL_SPARE_BATCHES = 16;

  /** {@code DRY_SHARED_POOL_OWNER_BITS}. */
  static final int SHARED_POOL_OWNER_BITS = 12;

  /** {@code DRY_SHARED_POOL_OWNER_FREEING}. */
  static final long SHARED_POOL_OWNER_FREEING = 0x80000000L;

  /** {@code DRY_SHARED_POOL_OWNER_NONE}. */
  static final int SHARED_POOL_OWNER_NONE = 1;

  /** {@code DRY_SHARED_POOL_OWNER_WITHDRAWN}. */
  static final long SHARED_POOL_OWNER_WITHDRAWN = 0x80000002L;

  /** {@code DRY_SHARED_POOL_OPENINGS_MAX}. */
  static final int SHARED_POOL_OPENINGS_MAX = 0x7ffff;

  /** {@code DRY_SLAB_CLASSES}. */
  static final int SLAB_CLASSES = 10;

  /** {@code DRY_SLAB_CLASS_BYTES_MIN}. */
  static final int SLAB_CLASS_BYTES_MIN = 8;

  /** {@code DRY_SLAB_CLASS_BYTES_MAX}. */
  static final int SLAB_CLASS_BYTES_MAX = 4096;

  /** {@code DRY_SLAB_PAGE_BYTES}. */
  static final int SLAB_PAGE_BYTES = 4096;

  /** {@code DRY_SLAB_BYTES_MAX}. */
  static final long SLAB_BYTES_MAX = 0x10000000000L;

  /** {@code DRY_SLAB_FREES_REMEMBERED}. */
  static final int SLAB_FREES_REMEMBERED = 256;

  /** {@code DRY_OK}. */
  static final int STATUS_OK = 0;

  /** {@code DRY_INVALID_ARGUMENT}. */
  static final int STATUS_INVALID_ARGUMENT = 1;

  /** {@code DRY_OUT_OF_MEMORY}. */
  static final int STATUS_OUT_OF_MEMORY = 2;

  /** {@code DRY_FULL}. */
  static final int STATUS_FULL = 3;

  /** {@code DRY_NOT_FOUND}. */
  static final int STATUS_NOT_FOUND = 4;

  /** {@code DRY_ALREADY_EXISTS}. */
  static final int STATUS_ALREADY_EXISTS = 5;

  /** {@code DRY_TYPE_MISMATCH}. */
  static final int STATUS_TYPE_MISMATCH = 6;

  /** {@code DRY_STALE}. */
  static final int STATUS_STALE = 7;

  /** {@code DRY_FOREIGN}. */
  static final int STATUS_FOREIGN = 8;

  /** {@code DRY_TOO_LARGE}. */
  static final int STATUS_TOO_LARGE = 9;

  /** {@code DRY_BUSY}. */
  static final int STATUS_BUSY = 10;

  /** {@code DRY_READ_ONLY}. */
  static final int STATUS_READ_ONLY = 11;

  /** {@code DRY_CORRUPT}. */
  static final int STATUS_CORRUPT = 12;

  /** {@code DRY_VERSION_MISMATCH}. */
  static final int STATUS_VERSION_MISMATCH = 13;

  /** {@code DRY_CONFLICT}. */
  static final int STATUS_CONFLICT = 14;

  /** {@code DRY_TIMED_OUT}. */
  static final int STATUS_TIMED_OUT = 15;

  /** {@code DRY_IO}. */
  static final int STATUS_IO = 16;

  /** {@code DRY_UNSUPPORTED}. */
  static final int STATUS_UNSUPPORTED = 17;

  /** {@code DRY_CLOSED}. */
  static final int STATUS_CLOSED = 18;

  /** {@code DRY_STATUS_COUNT}. */
  static final int STATUS_COUNT = 19;

  /** {@code DRY_DETAIL_TEXT_BYTES}. */
  static final int DETAIL_TEXT_BYTES = 480;

  /** {@code DRY_VERSION_MAJOR}. */
  static final int VERSION_MAJOR = 0;

  /** {@code DRY_VERSION_MINOR}. */
  static final int VERSION_MINOR = 1;

  /** {@code DRY_VERSION_PATCH}. */
  static final int VERSION_PATCH = 0;

  /** {@code DRY_VERSION_STRING}. */
  static final String VERSION_STRING = "0.1.0";

  /** {@code DRY_VERSION_NUMBER}. */
  static final int VERSION_NUMBER = 1000;

  /** {@code DRY_ABI}. */
  static final int ABI = 1;

  /** {@code sizeof(dry_index_map_header)}. */
  static final int SIZE_INDEX_MAP_HEADER = 128;

  /** {@code dry_index_map_header.magic}. */
  static final int OFF_INDEX_MAP_HEADER_MAGIC = 0;

  /** {@code dry_index_map_header.size_bytes}. */
  static final int OFF_INDEX_MAP_HEADER_SIZE_BYTES = 8;

  /** {@code dry_index_map_header.leaves_offset}. */
  static final int OFF_INDEX_MAP_HEADER_LEAVES_OFFSET = 16;

  /** {@code dry_index_map_header.full_offset}. */
  static final int OFF_INDEX_MAP_HEADER_FULL_OFFSET = 24;

  /** {@code dry_index_map_header.any_offset}. */
  static final int OFF_INDEX_MAP_HEADER_ANY_OFFSET = 32;

  /** {@code dry_index_map_header.capacity}. */
  static final int OFF_INDEX_MAP_HEADER_CAPACITY = 40;

  /** {@code dry_index_map_header.header_crc}. */
  static final int OFF_INDEX_MAP_HEADER_HEADER_CRC = 44;

  /** {@code dry_index_map_header.in_use}. */
  static final int OFF_INDEX_MAP_HEADER_IN_USE = 48;

  /** {@code dry_index_map_header.changing}. */
  static final int OFF_INDEX_MAP_HEADER_CHANGING = 52;

  /** {@code dry_index_map_header.failures}. */
  static final int OFF_INDEX_MAP_HEADER_FAILURES = 56;

  /** {@code dry_index_map_header.reserved1}. */
  static final int OFF_INDEX_MAP_HEADER_RESERVED1 = 64;

  /** {@code sizeof(dry_kv_header)}. */
  static final int SIZE_KV_HEADER = 256;

  /** {@code dry_kv_header.magic}. */
  static final int OFF_KV_HEADER_MAGIC = 0;

  /** {@code dry_kv_header.format}. */
  static final int OFF_KV_HEADER_FORMAT = 8;

  /** {@code dry_kv_header.layout}. */
  static final int OFF_KV_HEADER_LAYOUT = 12;

  /** {@code dry_kv_header.size_bytes}. */
  static final int OFF_KV_HEADER_SIZE_BYTES = 16;

  /** {@code dry_kv_header.seed}. */
  static final int OFF_KV_HEADER_SEED = 24;

  /** {@code dry_kv_header.entry_capacity}. */
  static final int OFF_KV_HEADER_ENTRY_CAPACITY = 32;

  /** {@code dry_kv_header.data_capacity_bytes}. */
  static final int OFF_KV_HEADER_DATA_CAPACITY_BYTES = 40;

  /** {@code dry_kv_header.group_count}. */
  static final int OFF_KV_HEADER_GROUP_COUNT = 48;

  /** {@code dry_kv_header.control_offset}. */
  static final int OFF_KV_HEADER_CONTROL_OFFSET = 56;

  /** {@code dry_kv_header.slots_offset}. */
  static final int OFF_KV_HEADER_SLOTS_OFFSET = 64;

  /** {@code dry_kv_header.heap_offset}. */
  static final int OFF_KV_HEADER_HEAP_OFFSET = 72;

  /** {@code dry_kv_header.heap_bytes}. */
  static final int OFF_KV_HEADER_HEAP_BYTES = 80;

  /** {@code dry_kv_header.staging_bytes}. */
  static final int OFF_KV_HEADER_STAGING_BYTES = 88;

  /** {@code dry_kv_header.header_crc}. */
  static final int OFF_KV_HEADER_HEADER_CRC = 96;

  /** {@code dry_kv_header.reserved0}. */
  static final int OFF_KV_HEADER_RESERVED0 = 100;

  /** {@code dry_kv_header.reserved1}. */
  static final int OFF_KV_HEADER_RESERVED1 = 104;

  /** {@code dry_kv_header.version}. */
  static final int OFF_KV_HEADER_VERSION = 128;

  /** {@code dry_kv_header.entry_count}. */
  static final int OFF_KV_HEADER_ENTRY_COUNT = 136;

  /** {@code dry_kv_header.data_bytes}. */
  static final int OFF_KV_HEADER_DATA_BYTES = 144;

  /** {@code dry_kv_header.reserved2}. */
  static final int OFF_KV_HEADER_RESERVED2 = 152;

  /** {@code dry_kv_header.relocation}. */
  static final int OFF_KV_HEADER_RELOCATION = 192;

  /** {@code dry_kv_header.reserved3}. */
  static final int OFF_KV_HEADER_RESERVED3 = 200;

  /** {@code sizeof(dry_kv_block)}. */
  static final int SIZE_KV_BLOCK = 32;

  /** {@code dry_kv_block.version}. */
  static final int OFF_KV_BLOCK_VERSION = 0;

  /** {@code dry_kv_block.value_bytes}. */
  static final int OFF_KV_BLOCK_VALUE_BYTES = 8;

  /** {@code dry_kv_block.key_bytes}. */
  static final int OFF_KV_BLOCK_KEY_BYTES = 12;

  /** {@code dry_kv_block.room_granules}. */
  static final int OFF_KV_BLOCK_ROOM_GRANULES = 16;

  /** {@code dry_kv_block.checksum}. */
  static final int OFF_KV_BLOCK_CHECKSUM = 20;

  /** {@code dry_kv_block.link}. */
  static final int OFF_KV_BLOCK_LINK = 24;

  /** {@code sizeof(dry_pool_header)}. */
  static final int SIZE_POOL_HEADER = 128;

  /** {@code dry_pool_header.magic}. */
  static final int OFF_POOL_HEADER_MAGIC = 0;

  /** {@code dry_pool_header.size_bytes}. */
  static final int OFF_POOL_HEADER_SIZE_BYTES = 8;

  /** {@code dry_pool_header.stride_bytes}. */
  static final int OFF_POOL_HEADER_STRIDE_BYTES = 16;

  /** {@code dry_pool_header.used_offset}. */
  static final int OFF_POOL_HEADER_USED_OFFSET = 24;

  /** {@code dry_pool_header.stack_offset}. */
  static final int OFF_POOL_HEADER_STACK_OFFSET = 32;

  /** {@code dry_pool_header.slots_offset}. */
  static final int OFF_POOL_HEADER_SLOTS_OFFSET = 40;

  /** {@code dry_pool_header.object_bytes}. */
  static final int OFF_POOL_HEADER_OBJECT_BYTES = 48;

  /** {@code dry_pool_header.align_bytes}. */
  static final int OFF_POOL_HEADER_ALIGN_BYTES = 52;

  /** {@code dry_pool_header.capacity}. */
  static final int OFF_POOL_HEADER_CAPACITY = 56;

  /** {@code dry_pool_header.flags}. */
  static final int OFF_POOL_HEADER_FLAGS = 60;

  /** {@code dry_pool_header.reserved0}. */
  static final int OFF_POOL_HEADER_RESERVED0 = 64;

  /** {@code dry_pool_header.header_crc}. */
  static final int OFF_POOL_HEADER_HEADER_CRC = 68;

  /** {@code dry_pool_header.free_count}. */
  static final int OFF_POOL_HEADER_FREE_COUNT = 72;

  /** {@code dry_pool_header.fresh}. */
  static final int OFF_POOL_HEADER_FRESH = 76;

  /** {@code dry_pool_header.peak}. */
  static final int OFF_POOL_HEADER_PEAK = 80;

  /** {@code dry_pool_header.withdrawn}. */
  static final int OFF_POOL_HEADER_WITHDRAWN = 84;

  /** {@code dry_pool_header.failures}. */
  static final int OFF_POOL_HEADER_FAILURES = 88;

  /** {@code dry_pool_header.pending}. */
  static final int OFF_POOL_HEADER_PENDING = 96;

  /** {@code dry_pool_header.reserved1}. */
  static final int OFF_POOL_HEADER_RESERVED1 = 100;

  /** {@code sizeof(dry_region_header)}. */
  static final int SIZE_REGION_HEADER = 128;

  /** {@code dry_region_header.magic}. */
  static final int OFF_REGION_HEADER_MAGIC = 0;

  /** {@code dry_region_header.format}. */
  static final int OFF_REGION_HEADER_FORMAT = 8;

  /** {@code dry_region_header.byte_order}. */
  static final int OFF_REGION_HEADER_BYTE_ORDER = 12;

  /** {@code dry_region_header.size_bytes}. */
  static final int OFF_REGION_HEADER_SIZE_BYTES = 16;

  /** {@code dry_region_header.creation_id}. */
  static final int OFF_REGION_HEADER_CREATION_ID = 24;

  /** {@code dry_region_header.part_capacity}. */
  static final int OFF_REGION_HEADER_PART_CAPACITY = 40;

  /** {@code dry_region_header.header_crc}. */
  static final int OFF_REGION_HEADER_HEADER_CRC = 44;

  /** {@code dry_region_header.reserved0}. */
  static final int OFF_REGION_HEADER_RESERVED0 = 48;

  /** {@code dry_region_header.state}. */
  static final int OFF_REGION_HEADER_STATE = 64;

  /** {@code dry_region_header.seal}. */
  static final int OFF_REGION_HEADER_SEAL = 68;

  /** {@code dry_region_header.epoch}. */
  static final int OFF_REGION_HEADER_EPOCH = 72;

  /** {@code dry_region_header.image_crc}. */
  static final int OFF_REGION_HEADER_IMAGE_CRC = 80;

  /** {@code dry_region_header.reserved1}. */
  static final int OFF_REGION_HEADER_RESERVED1 = 84;

  /** {@code dry_region_header.reserved2}. */
  static final int OFF_REGION_HEADER_RESERVED2 = 88;

  /** {@code sizeof(dry_part_entry)}. */
  static final int SIZE_PART_ENTRY = 320;

  /** {@code dry_part_entry.offset}. */
  static final int OFF_PART_ENTRY_OFFSET = 0;

  /** {@code dry_part_entry.size_bytes}. */
  static final int OFF_PART_ENTRY_SIZE_BYTES = 8;

  /** {@code dry_part_entry.kind}. */
  static final int OFF_PART_ENTRY_KIND = 16;

  /** {@code dry_part_entry.format}. */
  static final int OFF_PART_ENTRY_FORMAT = 20;

  /** {@code dry_part_entry.name_bytes}. */
  static final int OFF_PART_ENTRY_NAME_BYTES = 24;

  /** {@code dry_part_entry.entry_crc}. */
  static final int OFF_PART_ENTRY_ENTRY_CRC = 28;

  /** {@code dry_part_entry.state}. */
  static final int OFF_PART_ENTRY_STATE = 32;

  /** {@code dry_part_entry.reserved}. */
  static final int OFF_PART_ENTRY_RESERVED = 36;

  /** {@code dry_part_entry.name}. */
  static final int OFF_PART_ENTRY_NAME = 64;

  /** {@code sizeof(dry_shared_pool_header)}. */
  static final int SIZE_SHARED_POOL_HEADER = 512;

  /** {@code dry_shared_pool_header.magic}. */
  static final int OFF_SHARED_POOL_HEADER_MAGIC = 0;

  /** {@code dry_shared_pool_header.size_bytes}. */
  static final int OFF_SHARED_POOL_HEADER_SIZE_BYTES = 8;

  /** {@code dry_shared_pool_header.stride_bytes}. */
  static final int OFF_SHARED_POOL_HEADER_STRIDE_BYTES = 16;

  /** {@code dry_shared_pool_header.owners_offset}. */
  static final int OFF_SHARED_POOL_HEADER_OWNERS_OFFSET = 24;

  /** {@code dry_shared_pool_header.batches_offset}. */
  static final int OFF_SHARED_POOL_HEADER_BATCHES_OFFSET = 32;

  /** {@code dry_shared_pool_header.caches_offset}. */
  static final int OFF_SHARED_POOL_HEADER_CACHES_OFFSET = 40;

  /** {@code dry_shared_pool_header.slots_offset}. */
  static final int OFF_SHARED_POOL_HEADER_SLOTS_OFFSET = 48;

  /** {@code dry_shared_pool_header.object_bytes}. */
  static final int OFF_SHARED_POOL_HEADER_OBJECT_BYTES = 56;

  /** {@code dry_shared_pool_header.align_bytes}. */
  static final int OFF_SHARED_POOL_HEADER_ALIGN_BYTES = 60;

  /** {@code dry_shared_pool_header.capacity}. */
  static final int OFF_SHARED_POOL_HEADER_CAPACITY = 64;

  /** {@code dry_shared_pool_header.batch_count}. */
  static final int OFF_SHARED_POOL_HEADER_BATCH_COUNT = 68;

  /** {@code dry_shared_pool_header.cache_count}. */
  static final int OFF_SHARED_POOL_HEADER_CACHE_COUNT = 72;

  /** {@code dry_shared_pool_header.flags}. */
  static final int OFF_SHARED_POOL_HEADER_FLAGS = 76;

  /** {@code dry_shared_pool_header.reserved0}. */
  static final int OFF_SHARED_POOL_HEADER_RESERVED0 = 80;

  /** {@code dry_shared_pool_header.header_crc}. */
  static final int OFF_SHARED_POOL_HEADER_HEADER_CRC = 84;

  /** {@code dry_shared_pool_header.reserved1}. */
  static final int OFF_SHARED_POOL_HEADER_RESERVED1 = 88;

  /** {@code dry_shared_pool_header.full}. */
  static final int OFF_SHARED_POOL_HEADER_FULL = 128;

  /** {@code dry_shared_pool_header.reserved2}. */
  static final int OFF_SHARED_POOL_HEADER_RESERVED2 = 136;

  /** {@code dry_shared_pool_header.empty}. */
  static final int OFF_SHARED_POOL_HEADER_EMPTY = 256;

  /** {@code dry_shared_pool_header.reserved3}. */
  static final int OFF_SHARED_POOL_HEADER_RESERVED3 = 264;

  /** {@code dry_shared_pool_header.fresh}. */
  static final int OFF_SHARED_POOL_HEADER_FRESH = 384;

  /** {@code dry_shared_pool_header.failures}. */
  static final int OFF_SHARED_POOL_HEADER_FAILURES = 392;

  /** {@code dry_shared_pool_header.resets}. */
  static final int OFF_SHARED_POOL_HEADER_RESETS = 400;

  /** {@code dry_shared_pool_header.reserved4}. */
  static final int OFF_SHARED_POOL_HEADER_RESERVED4 = 408;

  /** {@code dry_shared_pool_header.partial}. */
  static final int OFF_SHARED_POOL_HEADER_PARTIAL = 448;

  /** {@code dry_shared_pool_header.reserved5}. */
  static final int OFF_SHARED_POOL_HEADER_RESERVED5 = 456;

  /** {@code sizeof(dry_shared_pool_batch)}. */
  static final int SIZE_SHARED_POOL_BATCH = 384;

  /** {@code dry_shared_pool_batch.next}. */
  static final int OFF_SHARED_POOL_BATCH_NEXT = 0;

  /** {@code dry_shared_pool_batch.count}. */
  static final int OFF_SHARED_POOL_BATCH_COUNT = 4;

  /** {@code dry_shared_pool_batch.reserved}. */
  static final int OFF_SHARED_POOL_BATCH_RESERVED = 8;

  /** {@code dry_shared_pool_batch.slots}. */
  static final int OFF_SHARED_POOL_BATCH_SLOTS = 128;

  /** {@code sizeof(dry_shared_pool_cache_record)}. */
  static final int SIZE_SHARED_POOL_CACHE_RECORD = 128;

  /** {@code dry_shared_pool_cache_record.state}. */
  static final int OFF_SHARED_POOL_CACHE_RECORD_STATE = 0;

  /** {@code dry_shared_pool_cache_record.opening}. */
  static final int OFF_SHARED_POOL_CACHE_RECORD_OPENING = 4;

  /** {@code dry_shared_pool_cache_record.magazines}. */
  static final int OFF_SHARED_POOL_CACHE_RECORD_MAGAZINES = 8;

  /** {@code dry_shared_pool_cache_record.refills}. */
  static final int OFF_SHARED_POOL_CACHE_RECORD_REFILLS = 16;

  /** {@code dry_shared_pool_cache_record.flushes}. */
  static final int OFF_SHARED_POOL_CACHE_RECORD_FLUSHES = 24;

  /** {@code dry_shared_pool_cache_record.reserved}. */
  static final int OFF_SHARED_POOL_CACHE_RECORD_RESERVED = 32;

  private Layout() {}
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sizes.h: the stored layout and the ABI as numbers, checked by every compiler that includes this, in C and in C++. */
#ifndef DRYSTONE_TESTS_LAYOUT_SIZES_H
#define DRYSTONE_TESTS_LAYOUT_SIZES_H

#include <stddef.h>

#include "drystone/drystone.h"

#ifdef __cplusplus
#define SAME(number, expression) static_assert((number) == (expression), #expression)
#else
#define SAME(number, expression) _Static_assert((number) == (expression), #expression)
#endif
#define AT(offset, type, field) SAME(offset, offsetof(type, field))

/* The region's header. */
SAME(128, sizeof(dry_region_header));
AT(0, dry_region_header, magic);
AT(8, dry_region_header, format);
AT(12, dry_region_header, byte_order);
AT(16, dry_region_header, size_bytes);
AT(24, dry_region_header, creation_id);
AT(40, dry_region_header, part_capacity);
AT(44, dry_region_header, header_crc);
AT(64, dry_region_header, state);
AT(68, dry_region_header, seal);
AT(72, dry_region_header, epoch);
AT(80, dry_region_header, image_crc);

/* An entry of its directory. */
SAME(320, sizeof(dry_part_entry));
AT(0, dry_part_entry, offset);
AT(8, dry_part_entry, size_bytes);
AT(16, dry_part_entry, kind);
AT(20, dry_part_entry, format);
AT(24, dry_part_entry, name_bytes);
AT(28, dry_part_entry, entry_crc);
AT(32, dry_part_entry, state);
AT(64, dry_part_entry, name);

/* The store's header. */
SAME(256, sizeof(dry_kv_header));
AT(0, dry_kv_header, magic);
AT(8, dry_kv_header, format);
AT(12, dry_kv_header, layout);
AT(16, dry_kv_header, size_bytes);
AT(24, dry_kv_header, seed);
AT(32, dry_kv_header, entry_capacity);
AT(40, dry_kv_header, data_capacity_bytes);
AT(48, dry_kv_header, group_count);
AT(56, dry_kv_header, control_offset);
AT(64, dry_kv_header, slots_offset);
AT(72, dry_kv_header, heap_offset);
AT(80, dry_kv_header, heap_bytes);
AT(88, dry_kv_header, staging_bytes);
AT(96, dry_kv_header, header_crc);
AT(128, dry_kv_header, version);
AT(136, dry_kv_header, entry_count);
AT(144, dry_kv_header, data_bytes);
AT(192, dry_kv_header, relocation);

/* A block. */
SAME(32, sizeof(dry_kv_block));
AT(0, dry_kv_block, version);
AT(8, dry_kv_block, value_bytes);
AT(12, dry_kv_block, key_bytes);
AT(16, dry_kv_block, room_granules);
AT(20, dry_kv_block, checksum);
AT(24, dry_kv_block, link);

/* An index map's header. */
SAME(128, sizeof(dry_index_map_header));
SAME(128, DRY_INDEX_MAP_HEADER_BYTES);
AT(0, dry_index_map_header, magic);
AT(8, dry_index_map_header, size_bytes);
AT(16, dry_index_map_header, leaves_offset);
AT(24, dry_index_map_header, full_offset);
AT(32, dry_index_map_header, any_offset);
AT(40, dry_index_map_header, capacity);
AT(44, dry_index_map_header, header_crc);
AT(48, dry_index_map_header, in_use);
AT(52, dry_index_map_header, changing);
AT(56, dry_index_map_header, failures);
AT(64, dry_index_map_header, reserved1);

/* Numbers that are stored, or that readers in other languages count with. */
SAME(1, DRY_REGION_FORMAT);
SAME(1, DRY_KV_FORMAT);
SAME(0, DRY_KV_LAYOUT_BLOCKS);
SAME(1, DRY_PART_KV);
SAME(3, DRY_PART_INDEX_MAP);
SAME(1, DRY_INDEX_MAP_FORMAT);
SAME(16777216, DRY_INDEX_MAP_CAPACITY_MAX);
SAME(0x3150414d58444e49u, DRY_INDEX_MAP_MAGIC);
SAME(0x454e4f5453595244u, DRY_REGION_MAGIC);
SAME(0x31564b5f59524400u, DRY_KV_MAGIC);
SAME(0x01020304u, DRY_BYTE_ORDER_MARK);
SAME(0x59414552u, DRY_REGION_READY);
SAME(0x4c414553u, DRY_REGION_SEALED);
SAME(0x54524150u, DRY_PART_READY);
SAME(4096, DRY_REGION_PAGE_BYTES);
SAME(4096, DRY_REGION_DIRECTORY_OFFSET);
SAME(15, DRY_KV_GROUP_SLOTS);
SAME(16, DRY_KV_GROUP_CONTROL_BYTES);
SAME(120, DRY_KV_GROUP_SLOT_BYTES);
SAME(255, DRY_KV_OVERFLOW_STICKY);
SAME(16, DRY_KV_GRANULE_BYTES);
SAME(40, DRY_KV_SLOT_OFFSET_BITS);
SAME(8, DRY_KV_SLOT_TAG_SHIFT);
SAME(48, DRY_KV_BLOCK_BYTES_MIN);

/* The pool. */
SAME(128, sizeof(dry_pool_header));
AT(0, dry_pool_header, magic);
AT(8, dry_pool_header, size_bytes);
AT(16, dry_pool_header, stride_bytes);
AT(24, dry_pool_header, used_offset);
AT(32, dry_pool_header, stack_offset);
AT(40, dry_pool_header, slots_offset);
AT(48, dry_pool_header, object_bytes);
AT(52, dry_pool_header, align_bytes);
AT(56, dry_pool_header, capacity);
AT(60, dry_pool_header, flags);
AT(68, dry_pool_header, header_crc);
AT(72, dry_pool_header, free_count);
AT(76, dry_pool_header, fresh);
AT(80, dry_pool_header, peak);
AT(84, dry_pool_header, withdrawn);
AT(88, dry_pool_header, failures);
AT(96, dry_pool_header, pending);
SAME(2, DRY_PART_POOL);
SAME(1, DRY_POOL_FORMAT);
SAME(0x314c4f4f50595244u, DRY_POOL_MAGIC);
SAME(128, DRY_POOL_HEADER_BYTES);
SAME(16, DRY_POOL_CANARY_BYTES);
SAME(0xdf, DRY_POOL_POISON_BYTE);
SAME(0, DRY_POOL_SLOT_FREE);
SAME(1, DRY_POOL_SLOT_TAKEN);
SAME(2, DRY_POOL_SLOT_WITHDRAWN);
SAME(1, DRY_POOL_PENDING_RESET);
SAME(2, DRY_POOL_PENDING_RELEASE);
SAME(3, DRY_POOL_PENDING_STACK);
SAME(16, DRY_MEMORY_GUARDED);
SAME(32, DRY_MEMORY_WIPE);

/* The shared pool. */
SAME(512, sizeof(dry_shared_pool_header));
AT(0, dry_shared_pool_header, magic);
AT(8, dry_shared_pool_header, size_bytes);
AT(16, dry_shared_pool_header, stride_bytes);
AT(24, dry_shared_pool_header, owners_offset);
AT(32, dry_shared_pool_header, batches_offset);
AT(40, dry_shared_pool_header, caches_offset);
AT(48, dry_shared_pool_header, slots_offset);
AT(56, dry_shared_pool_header, object_bytes);
AT(60, dry_shared_pool_header, align_bytes);
AT(64, dry_shared_pool_header, capacity);
AT(68, dry_shared_pool_header, batch_count);
AT(72, dry_shared_pool_header, cache_count);
AT(76, dry_shared_pool_header, flags);
AT(84, dry_shared_pool_header, header_crc);
AT(128, dry_shared_pool_header, full);
AT(256, dry_shared_pool_header, empty);
AT(384, dry_shared_pool_header, fresh);
AT(392, dry_shared_pool_header, failures);
AT(400, dry_shared_pool_header, resets);
AT(448, dry_shared_pool_header, partial);
SAME(384, sizeof(dry_shared_pool_batch));
AT(0, dry_shared_pool_batch, next);
AT(4, dry_shared_pool_batch, count);
AT(128, dry_shared_pool_batch, slots);
SAME(128, sizeof(dry_shared_pool_cache_record));
AT(0, dry_shared_pool_cache_record, state);
AT(4, dry_shared_pool_cache_record, opening);
AT(8, dry_shared_pool_cache_record, magazines);
AT(16, dry_shared_pool_cache_record, refills);
AT(24, dry_shared_pool_cache_record, flushes);
SAME(4, DRY_PART_SHARED_POOL);
SAME(1, DRY_SHARED_POOL_FORMAT);
SAME(0x314c504552414853u, DRY_SHARED_POOL_MAGIC);
SAME(64, DRY_SHARED_POOL_MAGAZINE_SLOTS);
SAME(24, DRY_SHARED_POOL_BATCH_BITS);
SAME(12, DRY_SHARED_POOL_OWNER_BITS);
SAME(16, DRY_SHARED_POOL_SPARE_BATCHES);

/* The ABI: structs that callers fill, with DRY_ABI 1 on a 64-bit machine. */
SAME(1, DRY_ABI);
#if UINTPTR_MAX == UINT64_MAX
SAME(496, sizeof(dry_detail));
SAME(32, sizeof(dry_region));
SAME(64, sizeof(dry_region_options));
SAME(48, sizeof(dry_region_open_options));
SAME(288, sizeof(dry_part_info));
SAME(64, sizeof(dry_region_stats));
SAME(88, sizeof(dry_kv_reader));
SAME(96, sizeof(dry_kv_writer));
SAME(40, sizeof(dry_kv_options));
SAME(48, sizeof(dry_kv_lookup));
SAME(56, sizeof(dry_kv_stats));
SAME(104, sizeof(dry_index_map));
SAME(16, sizeof(dry_index_map_options));
SAME(40, sizeof(dry_index_map_stats));
SAME(80, sizeof(dry_pool));
SAME(48, sizeof(dry_pool_options));
SAME(88, sizeof(dry_pool_stats));
SAME(152, sizeof(dry_leak));
SAME(40, sizeof(dry_shared_pool_options));
SAME(88, sizeof(dry_shared_pool_stats));
SAME(104, sizeof(dry_shared_pool_cache));
SAME(112, sizeof(dry_shared_pool));
SAME(112, sizeof(dry_object_pool));
SAME(48, sizeof(dry_object_pool_options));
SAME(80, sizeof(dry_object_pool_stats));
SAME(128, sizeof(dry_buffer_pool));
SAME(40, sizeof(dry_buffer_pool_options));
SAME(72, sizeof(dry_buffer_pool_stats));
#endif

#undef SAME
#undef AT

#endif

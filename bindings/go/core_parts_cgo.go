//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

/*
#cgo noescape dry_pool_acquire
#cgo nocallback dry_pool_acquire
#cgo noescape dry_pool_release
#cgo nocallback dry_pool_release
#cgo noescape dry_pool_acquire_many
#cgo nocallback dry_pool_acquire_many
#cgo noescape dry_pool_release_many
#cgo nocallback dry_pool_release_many
#cgo noescape dry_pool_free_at
#cgo nocallback dry_pool_free_at
#cgo noescape dry_pool_write
#cgo nocallback dry_pool_write
#cgo noescape dry_pool_fill
#cgo nocallback dry_pool_fill
#cgo noescape dry_pool_next_used
#cgo nocallback dry_pool_next_used
#cgo noescape dry_pool_reset
#cgo nocallback dry_pool_reset
#cgo noescape dry_pool_get_stats
#cgo nocallback dry_pool_get_stats
#cgo noescape dry_shared_pool_acquire
#cgo nocallback dry_shared_pool_acquire
#cgo noescape dry_shared_pool_release
#cgo nocallback dry_shared_pool_release
#cgo noescape dry_shared_pool_release_at
#cgo nocallback dry_shared_pool_release_at
#cgo noescape dry_shared_pool_write
#cgo nocallback dry_shared_pool_write
#cgo noescape dry_shared_pool_fill
#cgo nocallback dry_shared_pool_fill
#cgo noescape dry_shared_pool_get_stats
#cgo nocallback dry_shared_pool_get_stats
#cgo noescape dry_shared_pool_cache_acquire
#cgo nocallback dry_shared_pool_cache_acquire
#cgo noescape dry_shared_pool_cache_release
#cgo nocallback dry_shared_pool_cache_release
#cgo noescape dry_shared_pool_cache_acquire_many
#cgo nocallback dry_shared_pool_cache_acquire_many
#cgo noescape dry_shared_pool_cache_release_many
#cgo nocallback dry_shared_pool_cache_release_many
#cgo noescape dry_shared_pool_flush
#cgo nocallback dry_shared_pool_flush
#cgo noescape dry_shared_pool_adopt
#cgo nocallback dry_shared_pool_adopt
#cgo noescape dry_index_map_acquire
#cgo nocallback dry_index_map_acquire
#cgo noescape dry_index_map_acquire_at
#cgo nocallback dry_index_map_acquire_at
#cgo noescape dry_index_map_acquire_many
#cgo nocallback dry_index_map_acquire_many
#cgo noescape dry_index_map_release
#cgo nocallback dry_index_map_release
#cgo noescape dry_index_map_contains
#cgo nocallback dry_index_map_contains
#cgo noescape dry_index_map_next_used
#cgo nocallback dry_index_map_next_used
#cgo noescape dry_index_map_next_free
#cgo nocallback dry_index_map_next_free
#cgo noescape dry_index_map_list
#cgo nocallback dry_index_map_list
#cgo noescape dry_index_map_reset
#cgo nocallback dry_index_map_reset
#cgo noescape dry_index_map_repair
#cgo nocallback dry_index_map_repair
#cgo noescape dry_index_map_get_stats
#cgo nocallback dry_index_map_get_stats
#include "drystone.h"
*/
import "C"

import "unsafe"

// The calls of what can be a part of a region: pool, shared pool, index map.

type (
	poolHandle            = C.dry_pool
	sharedPoolHandle      = C.dry_shared_pool
	sharedPoolCacheHandle = C.dry_shared_pool_cache
	indexMapHandle        = C.dry_index_map
)

// inPart calls fill with a new handle and a part's name.
func inPart[H any](name string, fill func(*C.char, C.size_t, *H, *C.dry_detail) C.dry_status) (*H, error) {
	part := C.CString(name)
	defer freeString(part)
	return opened(func(h *H, d *C.dry_detail) C.dry_status { return fill(part, C.size_t(len(name)), h, d) })
}

func numbers(slots []uint32) (*C.uint32_t, C.uint64_t) {
	return (*C.uint32_t)(unsafe.SliceData(slots)), C.uint64_t(len(slots))
}

// ---- pool ----

func corePoolOptions(o *PoolOptions) C.dry_pool_options {
	return C.dry_pool_options{
		struct_size:        C.sizeof_dry_pool_options,
		flags:              C.uint32_t(o.Flags),
		object_bytes:       C.uint64_t(o.ObjectBytes),
		capacity_slots:     C.uint64_t(o.Capacity),
		align_bytes:        C.uint64_t(o.Align),
		capacity_max_slots: C.uint64_t(o.CapacityMax),
		chunk_slots:        C.uint64_t(o.Chunk),
	}
}

func corePoolBytes(o *PoolOptions) (uint64, error) {
	options := corePoolOptions(o)
	var bytes C.uint64_t
	s := C.dry_pool_required_bytes(&options, &bytes)
	return uint64(bytes), asError(Status(s))
}

func corePoolCreate(o *PoolOptions) (*poolHandle, *lender, error) {
	options := corePoolOptions(o)
	// What it remembers by itself is the wrapper's own address, so only sites of Go's are kept; see Pool.Leaks.
	options.flags &^= memoryTrack
	return lendable(o.Flags, func(h *poolHandle, d *C.dry_detail) C.dry_status { return C.dry_pool_create(&options, h, d) })
}

func corePoolCreateIn(region *regionHandle, name string, o *PoolOptions) (*poolHandle, error) {
	options := corePoolOptions(o)
	return inPart(name, func(part *C.char, size C.size_t, h *poolHandle, d *C.dry_detail) C.dry_status {
		return C.dry_pool_create_in(region, part, size, &options, h, d)
	})
}

func corePoolOpen(region *regionHandle, name string) (*poolHandle, error) {
	return inPart(name, func(part *C.char, size C.size_t, h *poolHandle, d *C.dry_detail) C.dry_status {
		return C.dry_pool_open(region, part, size, h, d)
	})
}

func corePoolClose(h *poolHandle) { C.dry_pool_close(h) }

// For where poolTake and poolGive did nothing; see there.

func corePoolAcquire(h *poolHandle) (uint32, Status) {
	var slot C.uint32_t
	s := C.dry_pool_acquire(h, &slot)
	return uint32(slot), Status(s)
}

func corePoolRelease(h *poolHandle, slot uint32) Status {
	return Status(C.dry_pool_release(h, C.uint32_t(slot)))
}

func corePoolAcquireMany(h *poolHandle, slots []uint32) Status {
	from, count := numbers(slots)
	return Status(C.dry_pool_acquire_many(h, from, count))
}

func corePoolReleaseMany(h *poolHandle, slots []uint32) Status {
	from, count := numbers(slots)
	return Status(C.dry_pool_release_many(h, from, count))
}

func corePoolReleaseAt(h *poolHandle, offset uint64) Status {
	return Status(C.dry_pool_free_at(h, C.uint64_t(offset)))
}

func corePoolStride(h *poolHandle) uint64 { return uint64(h.stride_bytes) }

// corePoolAt is dry_pool_at on an open pool, without the call into C.
func corePoolAt(h *poolHandle, slot uint32) (span, Status) {
	switch {
	case isClosed(h.closed):
		return span{}, statusClosed
	case slot >= uint32(h.limit):
		return span{}, statusForeign
	case span{unsafe.Pointer(h.used)}.load8(slot) != poolSlotTaken:
		return span{}, statusStale
	}
	return corePoolObject(h, slot), statusOK
}

// corePoolObject is where a slot's object lies.
func corePoolObject(h *poolHandle, slot uint32) span {
	return span{unsafe.Pointer(h.slots)}.at(uint64(slot) * uint64(h.stride_bytes))
}

// isClosed reads the word that says whether the region behind a part was closed.
func isClosed(word *C.uint32_t) bool { return span{unsafe.Pointer(word)}.load32(0) != 0 }

func corePoolWrite(h *poolHandle, slot uint32, at uint64, src []byte) Status {
	b := some(src)
	return Status(C.dry_pool_write(h, C.uint32_t(slot), C.uint64_t(at), unsafe.Pointer(&b[0]), C.uint64_t(len(src))))
}

func corePoolFill(h *poolHandle, slot uint32, with byte) Status {
	return Status(C.dry_pool_fill(h, C.uint32_t(slot), C.uint8_t(with)))
}

func corePoolNextUsed(h *poolHandle, from uint32) (uint32, Status) {
	var slot C.uint32_t
	s := C.dry_pool_next_used(h, C.uint32_t(from), &slot)
	return uint32(slot), Status(s)
}

func corePoolReset(h *poolHandle) Status { return Status(C.dry_pool_reset(h)) }

func corePoolValidate(h *poolHandle) error {
	var detail C.dry_detail
	return failed(C.dry_pool_validate(h, &detail), &detail)
}

func corePoolStats(h *poolHandle) (PoolStats, Status) {
	var s C.dry_pool_stats
	status := C.dry_pool_get_stats(h, &s)
	return PoolStats{
		ObjectBytes: uint64(s.object_bytes),
		Stride:      uint64(s.stride_bytes),
		Align:       uint64(s.align_bytes),
		Capacity:    uint64(s.capacity_slots),
		CapacityMax: uint64(s.capacity_max_slots),
		InUse:       uint64(s.in_use),
		Peak:        uint64(s.peak),
		Failures:    uint64(s.failures),
		Withdrawn:   uint64(s.withdrawn),
		SizeBytes:   uint64(s.size_bytes),
		Granted:     MemoryFlags(s.granted),
		Refused:     MemoryFlags(s.refused),
	}, Status(status)
}

// ---- shared pool ----

func coreSharedPoolOptions(o *SharedPoolOptions) C.dry_shared_pool_options {
	return C.dry_shared_pool_options{
		struct_size:    C.sizeof_dry_shared_pool_options,
		flags:          C.uint32_t(o.Flags),
		object_bytes:   C.uint64_t(o.ObjectBytes),
		capacity_slots: C.uint64_t(o.Capacity),
		align_bytes:    C.uint64_t(o.Align),
		caches:         C.uint64_t(o.Caches),
	}
}

func coreSharedPoolBytes(o *SharedPoolOptions) (uint64, error) {
	options := coreSharedPoolOptions(o)
	var bytes C.uint64_t
	s := C.dry_shared_pool_required_bytes(&options, &bytes)
	return uint64(bytes), asError(Status(s))
}

func coreSharedPoolCreate(o *SharedPoolOptions) (*sharedPoolHandle, *lender, error) {
	options := coreSharedPoolOptions(o)
	return lendable(o.Flags, func(h *sharedPoolHandle, d *C.dry_detail) C.dry_status {
		return C.dry_shared_pool_create(&options, h, d)
	})
}

func coreSharedPoolCreateIn(region *regionHandle, name string, o *SharedPoolOptions) (*sharedPoolHandle, error) {
	options := coreSharedPoolOptions(o)
	return inPart(name, func(part *C.char, size C.size_t, h *sharedPoolHandle, d *C.dry_detail) C.dry_status {
		return C.dry_shared_pool_create_in(region, part, size, &options, h, d)
	})
}

func coreSharedPoolOpen(region *regionHandle, name string) (*sharedPoolHandle, error) {
	return inPart(name, func(part *C.char, size C.size_t, h *sharedPoolHandle, d *C.dry_detail) C.dry_status {
		return C.dry_shared_pool_open(region, part, size, h, d)
	})
}

func coreSharedPoolClose(h *sharedPoolHandle) { C.dry_shared_pool_close(h) }

func coreSharedPoolAcquire(h *sharedPoolHandle) (uint32, Status) {
	var slot C.uint32_t
	s := C.dry_shared_pool_acquire(h, &slot)
	return uint32(slot), Status(s)
}

func coreSharedPoolRelease(h *sharedPoolHandle, slot uint32) Status {
	return Status(C.dry_shared_pool_release(h, C.uint32_t(slot)))
}

func coreSharedPoolReleaseAt(h *sharedPoolHandle, offset uint64) Status {
	return Status(C.dry_shared_pool_release_at(h, C.uint64_t(offset)))
}

// coreSharedPoolAt is dry_shared_pool_at on an open pool, without the call into C.
func coreSharedPoolAt(h *sharedPoolHandle, slot uint32) (span, Status) {
	switch {
	case isClosed(h.closed):
		return span{}, statusClosed
	case slot >= uint32(h.capacity):
		return span{}, statusForeign
	}
	if owner := (span{unsafe.Pointer(h.owners)}).load32(slot); owner == 0 || owner&sharedPoolOwnerFreeing != 0 {
		return span{}, statusStale
	}
	return coreSharedPoolObject(h, slot), statusOK
}

// coreSharedPoolObject is where a slot's object lies.
func coreSharedPoolObject(h *sharedPoolHandle, slot uint32) span {
	return span{unsafe.Pointer(h.slots)}.at(uint64(slot) * uint64(h.stride_bytes))
}

func coreSharedPoolWrite(h *sharedPoolHandle, slot uint32, at uint64, src []byte) Status {
	b := some(src)
	return Status(C.dry_shared_pool_write(h, C.uint32_t(slot), C.uint64_t(at), unsafe.Pointer(&b[0]),
		C.uint64_t(len(src))))
}

func coreSharedPoolFill(h *sharedPoolHandle, slot uint32, with byte) Status {
	return Status(C.dry_shared_pool_fill(h, C.uint32_t(slot), C.uint8_t(with)))
}

func coreSharedPoolReclaim(h *sharedPoolHandle) (uint64, error) {
	var slots C.uint64_t
	var detail C.dry_detail
	s := C.dry_shared_pool_reclaim(h, &slots, &detail)
	return uint64(slots), failed(s, &detail)
}

func coreSharedPoolRepair(h *sharedPoolHandle) error {
	var detail C.dry_detail
	return failed(C.dry_shared_pool_repair(h, &detail), &detail)
}

func coreSharedPoolReset(h *sharedPoolHandle) Status { return Status(C.dry_shared_pool_reset(h)) }

func coreSharedPoolValidate(h *sharedPoolHandle) error {
	var detail C.dry_detail
	return failed(C.dry_shared_pool_validate(h, &detail), &detail)
}

func coreSharedPoolStats(h *sharedPoolHandle) (SharedPoolStats, Status) {
	var s C.dry_shared_pool_stats
	status := C.dry_shared_pool_get_stats(h, &s)
	return SharedPoolStats{
		ObjectBytes: uint64(s.object_bytes),
		Stride:      uint64(s.stride_bytes),
		Capacity:    uint64(s.capacity_slots),
		InUse:       uint64(s.in_use),
		Cached:      uint64(s.cached),
		Failures:    uint64(s.failures),
		Caches:      uint64(s.caches),
		Refills:     uint64(s.refills),
		Flushes:     uint64(s.flushes),
		SizeBytes:   uint64(s.size_bytes),
		Granted:     MemoryFlags(s.granted),
		Refused:     MemoryFlags(s.refused),
	}, Status(status)
}

// ---- caches of a shared pool ----

func coreCacheOpen(pool *sharedPoolHandle) (*sharedPoolCacheHandle, error) {
	return opened(func(h *sharedPoolCacheHandle, d *C.dry_detail) C.dry_status {
		return C.dry_shared_pool_cache_open(pool, h, d)
	})
}

func coreCacheClose(h *sharedPoolCacheHandle) { C.dry_shared_pool_cache_close(h) }

func coreCacheAcquire(h *sharedPoolCacheHandle) (uint32, Status) {
	if slot, taken := cacheTake(h); taken {
		return slot, statusOK
	}
	return coreCacheAcquireInCore(h)
}

func coreCacheAcquireInCore(h *sharedPoolCacheHandle) (uint32, Status) {
	var slot C.uint32_t
	s := C.dry_shared_pool_cache_acquire(h, &slot)
	return uint32(slot), Status(s)
}

func coreCacheRelease(h *sharedPoolCacheHandle, slot uint32) Status {
	if cacheGive(h, slot) {
		return statusOK
	}
	return coreCacheReleaseInCore(h, slot)
}

func coreCacheReleaseInCore(h *sharedPoolCacheHandle, slot uint32) Status {
	return Status(C.dry_shared_pool_cache_release(h, C.uint32_t(slot)))
}

func coreCacheAcquireMany(h *sharedPoolCacheHandle, slots []uint32) Status {
	from, count := numbers(slots)
	return Status(C.dry_shared_pool_cache_acquire_many(h, from, count))
}

func coreCacheReleaseMany(h *sharedPoolCacheHandle, slots []uint32) Status {
	from, count := numbers(slots)
	return Status(C.dry_shared_pool_cache_release_many(h, from, count))
}

func coreCacheFlush(h *sharedPoolCacheHandle) Status { return Status(C.dry_shared_pool_flush(h)) }

func coreCacheAdopt(h *sharedPoolCacheHandle, slot uint32) Status {
	return Status(C.dry_shared_pool_adopt(h, C.uint32_t(slot)))
}

// ---- index map ----

func coreIndexMapOptions(o *IndexMapOptions) C.dry_index_map_options {
	return C.dry_index_map_options{
		struct_size: C.sizeof_dry_index_map_options,
		flags:       C.uint32_t(o.Flags),
		capacity:    C.uint64_t(o.Capacity),
	}
}

func coreIndexMapBytes(o *IndexMapOptions) (uint64, error) {
	options := coreIndexMapOptions(o)
	var bytes C.uint64_t
	s := C.dry_index_map_required_bytes(&options, &bytes)
	return uint64(bytes), asError(Status(s))
}

func coreIndexMapCreate(o *IndexMapOptions) (*indexMapHandle, error) {
	options := coreIndexMapOptions(o)
	return opened(func(h *indexMapHandle, d *C.dry_detail) C.dry_status { return C.dry_index_map_create(&options, h, d) })
}

func coreIndexMapCreateIn(region *regionHandle, name string, o *IndexMapOptions) (*indexMapHandle, error) {
	options := coreIndexMapOptions(o)
	return inPart(name, func(part *C.char, size C.size_t, h *indexMapHandle, d *C.dry_detail) C.dry_status {
		return C.dry_index_map_create_in(region, part, size, &options, h, d)
	})
}

func coreIndexMapOpen(region *regionHandle, name string) (*indexMapHandle, error) {
	return inPart(name, func(part *C.char, size C.size_t, h *indexMapHandle, d *C.dry_detail) C.dry_status {
		return C.dry_index_map_open(region, part, size, h, d)
	})
}

func coreIndexMapClose(h *indexMapHandle) { C.dry_index_map_close(h) }

func coreIndexMapAcquire(h *indexMapHandle) (uint32, Status) {
	var index C.uint32_t
	s := C.dry_index_map_acquire(h, &index)
	return uint32(index), Status(s)
}

func coreIndexMapAcquireAt(h *indexMapHandle, index uint32) Status {
	return Status(C.dry_index_map_acquire_at(h, C.uint32_t(index)))
}

func coreIndexMapAcquireMany(h *indexMapHandle, indices []uint32) Status {
	from, count := numbers(indices)
	return Status(C.dry_index_map_acquire_many(h, from, count))
}

func coreIndexMapRelease(h *indexMapHandle, index uint32) Status {
	return Status(C.dry_index_map_release(h, C.uint32_t(index)))
}

func coreIndexMapContains(h *indexMapHandle, index uint32) (bool, Status) {
	var used C.uint32_t
	s := C.dry_index_map_contains(h, C.uint32_t(index), &used)
	return used != 0, Status(s)
}

func coreIndexMapNextUsed(h *indexMapHandle, from uint32) (uint32, Status) {
	var index C.uint32_t
	s := C.dry_index_map_next_used(h, C.uint32_t(from), &index)
	return uint32(index), Status(s)
}

func coreIndexMapNextFree(h *indexMapHandle, from uint32) (uint32, Status) {
	var index C.uint32_t
	s := C.dry_index_map_next_free(h, C.uint32_t(from), &index)
	return uint32(index), Status(s)
}

func coreIndexMapList(h *indexMapHandle, from uint32, indices []uint32) (int, Status) {
	var count C.uint64_t
	to, room := numbers(indices)
	s := C.dry_index_map_list(h, C.uint32_t(from), to, room, &count)
	return int(count), Status(s)
}

func coreIndexMapReset(h *indexMapHandle) Status  { return Status(C.dry_index_map_reset(h)) }
func coreIndexMapRepair(h *indexMapHandle) Status { return Status(C.dry_index_map_repair(h)) }

func coreIndexMapValidate(h *indexMapHandle) error {
	var detail C.dry_detail
	return failed(C.dry_index_map_validate(h, &detail), &detail)
}

func coreIndexMapStats(h *indexMapHandle) (IndexMapStats, Status) {
	var s C.dry_index_map_stats
	status := C.dry_index_map_get_stats(h, &s)
	return IndexMapStats{
		Capacity:  uint64(s.capacity),
		InUse:     uint64(s.in_use),
		Failures:  uint64(s.failures),
		SizeBytes: uint64(s.size_bytes),
		Granted:   MemoryFlags(s.granted),
		Refused:   MemoryFlags(s.refused),
	}, Status(status)
}

//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

/*
#cgo drystone_checked CFLAGS: -DDRY_CHECKED=1
#cgo noescape dry_arena_alloc
#cgo nocallback dry_arena_alloc
#cgo noescape dry_arena_realloc
#cgo nocallback dry_arena_realloc
#cgo noescape dry_arena_ensure
#cgo nocallback dry_arena_ensure
#cgo noescape dry_arena_mark
#cgo nocallback dry_arena_mark
#cgo noescape dry_arena_rewind
#cgo nocallback dry_arena_rewind
#cgo noescape dry_arena_reset
#cgo nocallback dry_arena_reset
#cgo noescape dry_arena_get_stats
#cgo nocallback dry_arena_get_stats
#cgo noescape dry_scratch_begin
#cgo nocallback dry_scratch_begin
#cgo noescape dry_scratch_end
#cgo nocallback dry_scratch_end
#cgo noescape dry_scratch_ensure
#cgo nocallback dry_scratch_ensure
#cgo noescape dry_scratch_reset
#cgo nocallback dry_scratch_reset
#cgo noescape dry_scratch_get_stats
#cgo nocallback dry_scratch_get_stats
#cgo noescape dry_buffer_pool_acquire
#cgo nocallback dry_buffer_pool_acquire
#cgo noescape dry_buffer_pool_release
#cgo nocallback dry_buffer_pool_release
#cgo noescape dry_buffer_pool_get_stats
#cgo nocallback dry_buffer_pool_get_stats
#cgo noescape dry_object_pool_acquire
#cgo nocallback dry_object_pool_acquire
#cgo noescape dry_object_pool_acquire_many
#cgo nocallback dry_object_pool_acquire_many
#cgo noescape dry_object_pool_release
#cgo nocallback dry_object_pool_release
#cgo noescape dry_object_pool_release_many
#cgo nocallback dry_object_pool_release_many
#cgo noescape dry_object_pool_forget
#cgo nocallback dry_object_pool_forget
#cgo noescape dry_object_pool_next
#cgo nocallback dry_object_pool_next
#cgo noescape dry_object_pool_get_stats
#cgo nocallback dry_object_pool_get_stats
#cgo noescape dry_slab_alloc
#cgo nocallback dry_slab_alloc
#cgo noescape dry_slab_free
#cgo nocallback dry_slab_free
#cgo noescape dry_slab_get_stats
#cgo nocallback dry_slab_get_stats
#include <stdlib.h>
#include "drystone.h"

static int go_can_allocate(uint64_t bytes) {
  void *volatile memory = malloc((size_t)bytes);
  free(memory);
  return memory != NULL;
}
*/
import "C"

import "unsafe"

// The calls of what lies in private memory alone: arena, scratch, buffer pool, object pool, slab.

type (
	arenaHandle      = C.dry_arena
	scratchHandle    = C.dry_scratch
	scratchScope     = C.dry_scratch_scope
	bufferPoolHandle = C.dry_buffer_pool
	objectPoolHandle = C.dry_object_pool
	slabHandle       = C.dry_slab
)

// coreCanAllocate says whether the system would give C's heap so much at the moment.
func coreCanAllocate(bytes uint64) bool { return C.go_can_allocate(C.uint64_t(bytes)) != 0 }

// ofCore is the policy that the core is given: what it would take from C's heap is Go's to serve; see outside.
func (o Overflow) ofCore() C.uint32_t {
	if o == OverflowFallback {
		return overflowError
	}
	return C.uint32_t(o)
}

func reserveFlag(reserve bool) C.uint32_t { return flag(reserve, 1) }

// ---- arena ----

func coreArenaCreate(o *ArenaOptions) (*arenaHandle, *lender, error) {
	options := C.dry_arena_options{
		struct_size:       C.sizeof_dry_arena_options,
		overflow:          o.Overflow.ofCore(),
		capacity_bytes:    C.uint64_t(o.Capacity),
		flags:             C.uint32_t(o.Flags),
		reserve:           reserveFlag(o.Reserve),
		commit_step_bytes: C.uint64_t(o.CommitStep),
	}
	return lendable(o.Flags, func(h *arenaHandle, d *C.dry_detail) C.dry_status { return C.dry_arena_create(&options, h, d) })
}

func coreArenaClose(h *arenaHandle) { C.dry_arena_close(h) }

func coreArenaAlloc(h *arenaHandle, size, align uint64) (span, Status) {
	if memory, taken := arenaTake(h, size, align); taken {
		return memory, statusOK
	}
	return coreArenaAllocInCore(h, size, align)
}

// What makes a call into C is a function of its own, so that those beside it need little of the stack.

func coreArenaAllocInCore(h *arenaHandle, size, align uint64) (span, Status) {
	var memory unsafe.Pointer
	s := C.dry_arena_alloc(h, C.uint64_t(size), C.uint64_t(align), &memory)
	return span{memory}, Status(s)
}

func coreArenaRealloc(h *arenaHandle, old []byte, size, align uint64) (span, Status) {
	var memory unsafe.Pointer
	s := C.dry_arena_realloc(h, unsafe.Pointer(unsafe.SliceData(old)), C.uint64_t(len(old)), C.uint64_t(size),
		C.uint64_t(align), &memory)
	return span{memory}, Status(s)
}

func coreArenaEnsure(h *arenaHandle, size, align uint64) Status {
	return Status(C.dry_arena_ensure(h, C.uint64_t(size), C.uint64_t(align)))
}

func coreArenaMark(h *arenaHandle) (uint64, Status) {
	if h.base != nil {
		return arenaUsed(h), statusOK
	}
	var mark C.uint64_t
	s := C.dry_arena_mark(h, &mark)
	return uint64(mark), Status(s)
}

func coreArenaRewind(h *arenaHandle, mark uint64) Status {
	if mark <= arenaUsed(h) && h.base != nil && arenaGoBack(h, mark) {
		return statusOK
	}
	return Status(C.dry_arena_rewind(h, C.uint64_t(mark)))
}

func coreArenaReset(h *arenaHandle) Status {
	if h.base != nil && arenaGoBack(h, 0) {
		h.resets++
		return statusOK
	}
	return Status(C.dry_arena_reset(h))
}

func coreArenaResetAndRelease(h *arenaHandle, keep uint64) Status {
	return Status(C.dry_arena_reset_and_release(h, C.uint64_t(keep)))
}

// coreArenaSpan is all that the arena can hand out.
func coreArenaSpan(h *arenaHandle) (base span, capacity uint64) {
	return span{unsafe.Pointer(h.base)}, uint64(h.capacity_bytes)
}

func coreArenaStats(h *arenaHandle) (ArenaStats, Status) {
	var s C.dry_arena_stats
	status := C.dry_arena_get_stats(h, &s)
	return ArenaStats{
		Capacity:    uint64(s.capacity_bytes),
		Used:        uint64(s.used_bytes),
		Peak:        uint64(s.peak_bytes),
		Committed:   uint64(s.committed_bytes),
		Allocations: uint64(s.allocations),
		Failures:    uint64(s.failures),
		Fallbacks:   uint64(s.fallbacks),
		Resets:      uint64(s.resets),
		Granted:     MemoryFlags(s.granted),
		Refused:     MemoryFlags(s.refused),
	}, Status(status)
}

// ---- scratch ----

func coreScratchCreate(o *ScratchOptions) (*scratchHandle, *lender, error) {
	options := C.dry_scratch_options{
		struct_size:    C.sizeof_dry_scratch_options,
		overflow:       o.Overflow.ofCore(),
		capacity_bytes: C.uint64_t(o.Capacity),
		flags:          C.uint32_t(o.Flags),
		reserve:        reserveFlag(o.Reserve),
	}
	return lendable(o.Flags, func(h *scratchHandle, d *C.dry_detail) C.dry_status { return C.dry_scratch_create(&options, h, d) })
}

func coreScratchClose(h *scratchHandle) { C.dry_scratch_close(h) }

func coreScratchBegin(h *scratchHandle) (scratchScope, Status) {
	if scope, begun := scratchBegin(h); begun {
		return scope, statusOK
	}
	var scope scratchScope
	s := C.dry_scratch_begin(h, &scope)
	return scope, Status(s)
}

func coreScratchEnd(h *scratchHandle, scope scratchScope) Status {
	if scratchEnd(h, scope) {
		return statusOK
	}
	return Status(C.dry_scratch_end(h, &scope))
}

func coreScratchAlloc(h *scratchHandle, size, align uint64) (span, Status) {
	return coreArenaAlloc(&h.arena, size, align)
}

func coreScratchEnsure(h *scratchHandle, size, align uint64) Status {
	return Status(C.dry_scratch_ensure(h, C.uint64_t(size), C.uint64_t(align)))
}

func coreScratchReset(h *scratchHandle) Status { return Status(C.dry_scratch_reset(h)) }

func coreScratchStats(h *scratchHandle) (ScratchStats, Status) {
	var s C.dry_scratch_stats
	status := C.dry_scratch_get_stats(h, &s)
	return ScratchStats{
		Capacity:    uint64(s.capacity_bytes),
		Used:        uint64(s.used_bytes),
		Peak:        uint64(s.peak_bytes),
		Allocations: uint64(s.allocations),
		Failures:    uint64(s.failures),
		Fallbacks:   uint64(s.fallbacks),
		Resets:      uint64(s.resets),
		Scopes:      uint64(s.scopes),
		Depth:       uint64(s.depth),
	}, Status(status)
}

// ---- buffer pool ----

func coreBufferPoolCreate(o *BufferPoolOptions, elementBytes uint64) (*bufferPoolHandle, *lender, error) {
	options := C.dry_buffer_pool_options{
		struct_size:   C.sizeof_dry_buffer_pool_options,
		flags:         C.uint32_t(o.Flags),
		element_bytes: C.uint64_t(elementBytes),
		elements:      C.uint64_t(o.Elements),
		blocks:        C.uint64_t(o.Blocks),
		align_bytes:   C.uint64_t(o.Align),
	}
	return lendable(o.Flags, func(h *bufferPoolHandle, d *C.dry_detail) C.dry_status {
		return C.dry_buffer_pool_create(&options, h, d)
	})
}

func coreBufferPoolClose(h *bufferPoolHandle) Status { return Status(C.dry_buffer_pool_close(h)) }

func coreBufferPoolAcquire(h *bufferPoolHandle) (uint64, Status) {
	if handle, taken := objectPoolTake(&h.objects); taken {
		return handle, statusOK
	}
	var handle C.uint64_t
	var block unsafe.Pointer
	s := C.dry_buffer_pool_acquire(h, &handle, &block)
	return uint64(handle), Status(s)
}

// coreBufferPoolAt is dry_buffer_pool_get on an open pool, without the call into C.
func coreBufferPoolAt(h *bufferPoolHandle, handle uint64) (span, Status) {
	slot := uint32(handle)
	if slot >= uint32(h.objects.capacity) || (span{unsafe.Pointer(h.objects.cells)}).load(8*uint64(slot)) != handle {
		return span{}, statusStale
	}
	return span{unsafe.Pointer(h.objects.slots)}.at(uint64(slot) * uint64(h.objects.stride_bytes)), statusOK
}

func coreBufferPoolRelease(h *bufferPoolHandle, handle uint64) Status {
	if objectPoolGive(&h.objects, handle) {
		return statusOK
	}
	return Status(C.dry_buffer_pool_release(h, C.uint64_t(handle)))
}

func coreBufferPoolStats(h *bufferPoolHandle) (BufferPoolStats, Status) {
	var s C.dry_buffer_pool_stats
	status := C.dry_buffer_pool_get_stats(h, &s)
	return BufferPoolStats{
		Blocks:       uint64(s.blocks),
		InUse:        uint64(s.in_use),
		Peak:         uint64(s.peak),
		Elements:     uint64(s.elements),
		ElementBytes: uint64(s.element_bytes),
		Stride:       uint64(s.stride_bytes),
		Failures:     uint64(s.failures),
		SizeBytes:    uint64(s.size_bytes),
		Granted:      MemoryFlags(s.granted),
		Refused:      MemoryFlags(s.refused),
	}, Status(status)
}

// ---- object pool ----

// The core keeps handles and free slots. Its objects are one byte each, which nobody looks at: the values are Go's.
func coreObjectPoolCreate(o *ObjectPoolOptions) (*objectPoolHandle, error) {
	options := C.dry_object_pool_options{
		struct_size:  C.sizeof_dry_object_pool_options,
		object_bytes: 1,
		capacity:     C.uint64_t(o.Capacity),
	}
	return opened(func(h *objectPoolHandle, d *C.dry_detail) C.dry_status {
		return C.dry_object_pool_create(&options, h, d)
	})
}

func coreObjectPoolClose(h *objectPoolHandle) { C.dry_object_pool_close(h, nil) }

func coreObjectPoolAcquire(h *objectPoolHandle) (uint64, Status) {
	if handle, taken := objectPoolTake(h); taken {
		return handle, statusOK
	}
	return coreObjectPoolAcquireInCore(h)
}

func coreObjectPoolAcquireInCore(h *objectPoolHandle) (uint64, Status) {
	var handle C.uint64_t
	var object unsafe.Pointer
	s := C.dry_object_pool_acquire(h, &handle, &object)
	return uint64(handle), Status(s)
}

func coreObjectPoolAcquireMany(h *objectPoolHandle, handles []uint64) Status {
	return Status(C.dry_object_pool_acquire_many(h, (*C.uint64_t)(unsafe.SliceData(handles)), C.uint64_t(len(handles))))
}

func coreObjectPoolRelease(h *objectPoolHandle, handle uint64) Status {
	if objectPoolGive(h, handle) {
		return statusOK
	}
	return coreObjectPoolReleaseInCore(h, handle)
}

func coreObjectPoolReleaseInCore(h *objectPoolHandle, handle uint64) Status {
	return Status(C.dry_object_pool_release(h, C.uint64_t(handle)))
}

func coreObjectPoolReleaseMany(h *objectPoolHandle, handles []uint64) Status {
	return Status(C.dry_object_pool_release_many(h, (*C.uint64_t)(unsafe.SliceData(handles)), C.uint64_t(len(handles))))
}

func coreObjectPoolForget(h *objectPoolHandle, handle uint64) Status {
	return Status(C.dry_object_pool_forget(h, C.uint64_t(handle)))
}

func coreObjectPoolNext(h *objectPoolHandle, from uint32) (uint64, Status) {
	var handle C.uint64_t
	s := C.dry_object_pool_next(h, C.uint32_t(from), &handle)
	return uint64(handle), Status(s)
}

func coreObjectPoolStats(h *objectPoolHandle) (ObjectPoolStats, Status) {
	var s C.dry_object_pool_stats
	status := C.dry_object_pool_get_stats(h, &s)
	return ObjectPoolStats{
		Capacity:  uint64(s.capacity),
		InUse:     uint64(s.in_use),
		Peak:      uint64(s.peak),
		Destroyed: uint64(s.destroyed),
		Retired:   uint64(s.retired),
		Failures:  uint64(s.failures),
		SizeBytes: uint64(s.size_bytes),
	}, Status(status)
}

// ---- slab ----

func coreSlabCreate(o *SlabOptions) (*slabHandle, *lender, error) {
	options := C.dry_slab_options{
		struct_size: C.sizeof_dry_slab_options,
		flags:       C.uint32_t(o.Flags),
		bytes:       C.uint64_t(o.Bytes),
	}
	return lendable(o.Flags, func(h *slabHandle, d *C.dry_detail) C.dry_status { return C.dry_slab_create(&options, h, d) })
}

func coreSlabClose(h *slabHandle) { C.dry_slab_close(h) }

func coreSlabAlloc(h *slabHandle, size uint64) (memory span, class uint64, s Status) {
	var address unsafe.Pointer
	var bytes C.uint64_t
	status := C.dry_slab_alloc(h, C.uint64_t(size), &address, &bytes)
	return span{address}, uint64(bytes), Status(status)
}

func coreSlabFree(h *slabHandle, memory []byte) Status {
	return Status(C.dry_slab_free(h, unsafe.Pointer(unsafe.SliceData(memory))))
}

func coreSlabReset(h *slabHandle) Status { return Status(C.dry_slab_reset(h)) }

func coreSlabValidate(h *slabHandle) error {
	var detail C.dry_detail
	return failed(C.dry_slab_validate(h, &detail), &detail)
}

func coreSlabStats(h *slabHandle) (SlabStats, Status) {
	var s C.dry_slab_stats
	status := C.dry_slab_get_stats(h, &s)
	stats := SlabStats{
		InUse:          uint64(s.in_use),
		Fallbacks:      uint64(s.fallbacks),
		FallbacksInUse: uint64(s.fallbacks_in_use),
		Failures:       uint64(s.failures),
		Pages:          uint64(s.pages),
		FreePages:      uint64(s.free_pages),
		Granted:        MemoryFlags(s.granted),
		Refused:        MemoryFlags(s.refused),
	}
	for i := range s.classes {
		class := &s.classes[i]
		stats.Classes[i] = SlabClassStats{uint64(class.size_bytes), uint64(class.in_use), uint64(class.pages)}
	}
	return stats, Status(status)
}

//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

/*
#include "drystone.h"
*/
import "C"

import (
	"sync/atomic"
	"unsafe"
)

// The hot calls of arenas, scratches, pools, object pools and shared pools' caches in Go, because a call into C takes ten
// times as long as their work. They are what drystone/inline/*.h are to C, on the same structures and with the same
// conditions: each does all that there is to do, and is true, or does nothing, and is false; then the core is called.
// Everything else is left to the core so: growing, guarded, wiped and tracked pools, pools in regions, and every error.
// `plain` in a handle says where this may be done.
//
// Stores are plain ones, as they are in C. Who else may look at the words is another process, or another goroutine that got
// the slot by way of the depot, whose calls are the core's and order everything; see race_on.go.

func arenaTake(h *arenaHandle, size, align uint64) (span, bool) {
	next, mask := uintptr(unsafe.Pointer(h.next)), align-1
	room := uint64(uintptr(unsafe.Pointer(h.end)) - next)
	padding := -uint64(next) & mask
	if (mask&align|mask/arenaAlignMax|size>>63) != 0 || size+padding-1 >= room {
		return span{}, false
	}
	memory := span{unsafe.Pointer(h.next)}.at(padding)
	h.next = (*C.uint8_t)(memory.at(size).base)
	h.allocations++
	return memory, true
}

// arenaGoBack moves the cursor back to a mark, which is not beyond it, where nothing else is to be done about what it gives
// back.
func arenaGoBack(h *arenaHandle, mark uint64) bool {
	if h.fallback_blocks != nil || h.watched != 0 || h.asked&(memoryGuarded|memoryWipe) != 0 {
		return false
	}
	h.peak_bytes = max(h.peak_bytes, C.uint64_t(arenaUsed(h)))
	h.next = (*C.uint8_t)(span{unsafe.Pointer(h.base)}.at(mark).base)
	return true
}

func arenaUsed(h *arenaHandle) uint64 {
	return uint64(uintptr(unsafe.Pointer(h.next)) - uintptr(unsafe.Pointer(h.base)))
}

func scratchBegin(h *scratchHandle) (scratchScope, bool) {
	if h.arena.base == nil || h.depth == h.level_count {
		return scratchScope{}, false
	}
	level := scratchLevel(h, h.depth)
	h.depth++
	h.scopes++
	level.serial = h.scopes ^ C.uint64_t(uintptr(unsafe.Pointer(h)))<<24
	level.mark = C.uint64_t(arenaUsed(&h.arena))
	level.blocks = h.arena.fallback_blocks
	return scratchScope{depth: h.depth, serial: level.serial}, true
}

func scratchEnd(h *scratchHandle, scope scratchScope) bool {
	if scope.depth-1 >= h.depth { // of a closed one too, which has none
		return false
	}
	level := scratchLevel(h, scope.depth-1)
	if level.serial != scope.serial || !arenaGoBack(&h.arena, uint64(level.mark)) {
		return false
	}
	h.depth = scope.depth - 1
	if h.depth == 0 {
		h.arena.resets++
	}
	return true
}

func scratchLevel(h *scratchHandle, depth C.uint64_t) *C.dry_scratch_level {
	if h.levels == nil {
		return &h.first_levels[depth]
	}
	const size = uint64(unsafe.Sizeof(C.dry_scratch_level{}))
	return (*C.dry_scratch_level)(span{unsafe.Pointer(h.levels)}.at(uint64(depth) * size).base)
}

func poolTake(h *poolHandle) (uint32, bool) {
	limit, header := uint32(h.plain), h.header
	if limit == 0 {
		return 0, false
	}
	used := span{unsafe.Pointer(h.used)}
	if top := uint32(header.free_count) - 1; top < limit { // with an empty stack, above every limit
		slot := *span{unsafe.Pointer(h.stack)}.word(top)
		*used.byte(slot) = poolSlotTaken
		header.free_count--
		return slot, true
	}
	slot := uint32(header.fresh)
	if header.free_count != 0 || slot >= limit || *used.byte(slot) != poolSlotFree {
		return 0, false
	}
	*used.byte(slot) = poolSlotTaken
	header.fresh++
	return slot, true
}

func poolGive(h *poolHandle, slot uint32) bool {
	if slot >= uint32(h.plain) {
		return false
	}
	header, used := h.header, span{unsafe.Pointer(h.used)}.byte(slot)
	if *used != poolSlotTaken {
		return false
	}
	*span{unsafe.Pointer(h.stack)}.word(uint32(header.free_count)) = slot
	header.free_count++
	*used = poolSlotFree
	return true
}

// objectPoolTake takes the slot that was freed last. Its cell holds the complement of its next handle.
func objectPoolTake(h *objectPoolHandle) (uint64, bool) {
	top := uint32(h.free_count) - 1
	if top >= uint32(h.plain) {
		return 0, false
	}
	cell := span{unsafe.Pointer(h.cells)}.long(*span{unsafe.Pointer(h.stack)}.word(top))
	*cell = ^*cell
	h.free_count--
	return *cell, true
}

func objectPoolGive(h *objectPoolHandle, handle uint64) bool {
	slot, last := uint32(handle), handle>>32 == 1<<32-1 // a slot whose generations are used up is the core's to retire
	if slot >= uint32(h.plain) || last {
		return false
	}
	cell := span{unsafe.Pointer(h.cells)}.long(slot)
	if *cell != handle {
		return false
	}
	*cell = ^(handle + 2<<32)
	*span{unsafe.Pointer(h.stack)}.word(uint32(h.free_count)) = slot
	h.free_count++
	return true
}

// In memory that others can write to, each number is loaded once, and checked before it is used.

func cacheTake(h *sharedPoolCacheHandle) (uint32, bool) {
	if h.plain == 0 || isClosed(h.closed) {
		return 0, false
	}
	magazine := h.magazine
	count := atomic.LoadUint32((*uint32)(unsafe.Pointer(&magazine.count)))
	if count-1 >= uint32(len(magazine.slots)) {
		return 0, false
	}
	slot := atomic.LoadUint32((*uint32)(unsafe.Pointer(&magazine.slots[count-1])))
	if slot >= uint32(h.capacity) {
		return 0, false
	}
	owner := span{unsafe.Pointer(h.owners)}.word(slot)
	if atomic.LoadUint32(owner) != 0 {
		return 0, false
	}
	*owner = uint32(h.owner)
	magazine.count = C.uint32_t(count - 1)
	return slot, true
}

func cacheGive(h *sharedPoolCacheHandle, slot uint32) bool {
	if h.plain == 0 || isClosed(h.closed) || slot >= uint32(h.capacity) {
		return false
	}
	owner := span{unsafe.Pointer(h.owners)}.word(slot)
	if atomic.LoadUint32(owner) == 0 {
		return false
	}
	magazine := h.magazine
	count := atomic.LoadUint32((*uint32)(unsafe.Pointer(&magazine.count)))
	if count >= uint32(len(magazine.slots)) {
		return false
	}
	magazine.slots[count] = C.uint32_t(slot)
	magazine.count = C.uint32_t(count + 1)
	*owner = 0
	return true
}

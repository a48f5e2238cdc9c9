//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

/*
#cgo CFLAGS: -Dmmap=drystone_go_mmap -Dmunmap=drystone_go_munmap
#include "maps.h"
#include "drystone.h"
*/
import "C"

import "runtime"

// What lends slices gets its memory, and gives it back, by way of these; see maps.h. The thread that says how must be the
// one that then calls the core.

// lendable makes a block that lends slices: in memory of Go's where it wants plain memory, all of it at once.
func lendable[H any](flags MemoryFlags, fill func(*H, *C.dry_detail) C.dry_status) (*H, *lender, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l := new(lender)
	var bytes uint64
	if flags&outsideOfGo == 0 {
		C.drystone_maps_measure()
	}
	handle, err := opened(fill)
	if bytes = uint64(C.drystone_maps_end()); bytes == 0 {
		return handle, l, err // it is made, of address space for instance, or it cannot be
	}
	C.drystone_maps_offer(C.uintptr_t(l.take(bytes)), C.uint64_t(bytes))
	handle, err = opened(fill)
	C.drystone_maps_end()
	if err != nil {
		l.drop()
	}
	return handle, l, err
}

// giveBack calls what closes a handle on memory that was lent from, or on a region's. No slice is left without memory.
func (l *lender) giveBack(shut func()) {
	if l.own == nil && !l.lent.Load() {
		shut()
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer C.drystone_maps_end()
	if l.own == nil {
		C.drystone_maps_keep()
		shut()
		return
	}
	C.drystone_maps_offer(C.uintptr_t(l.base()), 0)
	shut()
	l.drop()
}

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"iter"
	"math/bits"
	"unsafe"
)

// objectValues are an object pool's values, each beside the handle that is good for it now. A handle's low half is its
// slot. The chunks are made as slots are taken, and never move.
type objectValues[T any] struct {
	shift  uint32 // a chunk has 1 << shift slots
	chunks [][]objectValue[T]
}

type objectValue[T any] struct {
	value  T
	handle uint64 // 0: no object, or one whose destructor is running
}

const chunkBytes = 64 << 10

func newObjectValues[T any](capacity uint64) objectValues[T] {
	most := min(capacity, max(1, chunkBytes/uint64(unsafe.Sizeof(objectValue[T]{}))))
	return objectValues[T]{shift: uint32(bits.Len64(most)) - 1}
}

// slot is where a handle's value lies. The handle must be one that was given out.
func (v *objectValues[T]) slot(handle uint64) *objectValue[T] {
	slot := uint32(handle)
	if int(slot>>v.shift) >= len(v.chunks) {
		return nil
	}
	return &v.chunks[slot>>v.shift][slot&(1<<v.shift-1)]
}

// find is nil unless the handle is good.
func (v *objectValues[T]) find(handle uint64) *objectValue[T] {
	at := v.slot(handle)
	if at == nil || at.handle != handle || handle == 0 {
		return nil
	}
	return at
}

func (v *objectValues[T]) put(handle uint64, value T) {
	for int(uint32(handle)>>v.shift) >= len(v.chunks) {
		v.chunks = append(v.chunks, make([]objectValue[T], 1<<v.shift))
	}
	*v.slot(handle) = objectValue[T]{value, handle}
}

// retire makes a good handle stale.
func (v *objectValues[T]) retire(handle uint64) bool {
	at := v.find(handle)
	if at != nil {
		at.handle = 0
	}
	return at != nil
}

// revive undoes that.
func (v *objectValues[T]) revive(handle uint64) { v.slot(handle).handle = handle }

// wipe lets go of what a retired value refers to.
func (v *objectValues[T]) wipe(handle uint64) { *v.slot(handle) = objectValue[T]{} }

// live are the good handles in ascending order of slots.
func (v *objectValues[T]) live() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for _, chunk := range v.chunks {
			for i := range chunk {
				if chunk[i].handle != 0 && !yield(chunk[i].handle) {
					return
				}
			}
		}
	}
}

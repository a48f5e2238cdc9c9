// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// span is the memory of a part, which other processes may be writing to. It does not know its size: whoever calls has
// checked that the offset lies in the part, against bounds that are kept in this process. All unsafe arithmetic is here.
//
// Every word is loaded atomically. Go's atomic loads are sequentially consistent, which is plain moves on amd64 and
// acquire loads on arm64; so no load of a later step of the protocol moves before one of an earlier step.
type span struct{ base unsafe.Pointer }

// load is the 8-byte word at offset, a multiple of 8.
func (s span) load(offset uint64) uint64 {
	return atomic.LoadUint64((*uint64)(unsafe.Add(s.base, offset)))
}

// copyOut fills dst with the bytes from offset, a multiple of 8, in one pass of words straight into dst. It reads to the
// end of the last word.
func (s span) copyOut(dst []byte, offset uint64) {
	from := unsafe.Add(s.base, offset)
	for len(dst) >= 32 {
		binary.LittleEndian.PutUint64(dst[0:8], atomic.LoadUint64((*uint64)(from)))
		binary.LittleEndian.PutUint64(dst[8:16], atomic.LoadUint64((*uint64)(unsafe.Add(from, 8))))
		binary.LittleEndian.PutUint64(dst[16:24], atomic.LoadUint64((*uint64)(unsafe.Add(from, 16))))
		binary.LittleEndian.PutUint64(dst[24:32], atomic.LoadUint64((*uint64)(unsafe.Add(from, 24))))
		dst = dst[32:]
		from = unsafe.Add(from, 32)
	}
	for len(dst) >= 8 {
		binary.LittleEndian.PutUint64(dst, atomic.LoadUint64((*uint64)(from)))
		dst = dst[8:]
		from = unsafe.Add(from, 8)
	}
	if len(dst) > 0 {
		last := atomic.LoadUint64((*uint64)(from))
		for i := range dst {
			dst[i] = byte(last)
			last >>= 8
		}
	}
}

// equal compares key with the bytes from offset, a multiple of 8, in place. It reads to the end of the last word.
func (s span) equal(key []byte, offset uint64) bool {
	from := unsafe.Add(s.base, offset)
	for len(key) >= 8 {
		if binary.LittleEndian.Uint64(key) != atomic.LoadUint64((*uint64)(from)) {
			return false
		}
		key = key[8:]
		from = unsafe.Add(from, 8)
	}
	if len(key) == 0 {
		return true
	}
	var last uint64
	for i := len(key) - 1; i >= 0; i-- {
		last = last<<8 | uint64(key[i])
	}
	// What lies behind the key is padding; it is not the key's business what is in it.
	return last == atomic.LoadUint64((*uint64)(from))&(1<<(8*len(key))-1)
}

// holds says whether the address is among the first size bytes.
func (s span) holds(address uintptr, size uint64) bool {
	return uint64(address-uintptr(s.base)) < size
}

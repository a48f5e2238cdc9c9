// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// span is the memory of a part, which other processes may be writing to. It does not know its size: whoever calls has
// checked that the offset lies in the part, against bounds that are kept in this process. All unsafe arithmetic is here, also that of memory blocks.
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

// ---- memory blocks ----

// addressableBytes is more than a Go slice can have.
const addressableBytes = 1 << 47

// at is the span from offset on.
func (s span) at(offset uint64) span { return span{unsafe.Add(s.base, offset)} }

// lend is size bytes from offset on as a slice, which does not keep the memory alive.
func (s span) lend(offset, size uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(s.base, offset)), size)
}

// load32 is the 4-byte word of that index.
func (s span) load32(index uint32) uint32 {
	return atomic.LoadUint32((*uint32)(unsafe.Add(s.base, uint64(index)*4)))
}

// load8 is the byte of that index, of the word around it.
func (s span) load8(index uint32) uint8 { return uint8(s.load32(index/4) >> (index % 4 * 8)) }

// byte, word and long are the element of that index, of an array of the core's.
func (s span) byte(index uint32) *byte   { return (*byte)(unsafe.Add(s.base, uint64(index))) }
func (s span) word(index uint32) *uint32 { return (*uint32)(unsafe.Add(s.base, uint64(index)*4)) }
func (s span) long(index uint32) *uint64 { return (*uint64)(unsafe.Add(s.base, uint64(index)*8)) }

// offsetOf is where memory begins in the span's first size bytes; the end counts as in it.
func (s span) offsetOf(memory []byte, size uint64) (uint64, bool) {
	offset := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(memory))) - uintptr(s.base))
	if offset > size {
		return 0, false
	}
	return offset, true
}

// addressOf tells slices apart by where they begin.
func addressOf(memory []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(memory))) }

// alignedTo is memory from its first multiple of align on.
func alignedTo(memory []byte, align uint64) []byte {
	return memory[-uint64(addressOf(memory))&(align-1):]
}

// bytesOfElements is how many bytes count elements take, unless that is more than can be.
func bytesOfElements[T Element](count int) (uint64, bool) {
	size := uint64(unsafe.Sizeof(*new(T)))
	return uint64(count) * size, count >= 0 && uint64(count) <= addressableBytes/size
}

func alignOf[T Element]() uint64 { return uint64(unsafe.Alignof(*new(T))) }

// elementsOf views bytes, which are aligned for them, as elements.
func elementsOf[T Element](memory []byte) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(memory))), uintptr(len(memory))/unsafe.Sizeof(*new(T)))
}

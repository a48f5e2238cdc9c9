// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

// MemoryFlags say how a memory block's own memory is to be. What the system refuses is left out, and the block's
// statistics say so; with MemoryRequired a refusal is ErrUnsupported instead.
type MemoryFlags uint32

const (
	MemoryPrefault  = MemoryFlags(memoryPrefault)  // touch every page now, so that no later call pays 20 ns for 64 bytes
	MemoryHugePages = MemoryFlags(memoryHugePages) // transparent huge pages; pays from some 2 MiB visited at random
	MemoryNumaLocal = MemoryFlags(memoryNumaLocal) // on the memory node of whoever makes the block; implies a first touch now
	MemoryRequired  = MemoryFlags(memoryRequired)  // what is asked for and refused is an error
	// MemoryGuarded puts canaries around objects and poison into free ones, so that damage is found at release, at reuse
	// and by Validate. Programs built with -tags drystone_checked have it everywhere.
	MemoryGuarded = MemoryFlags(memoryGuarded)
	MemoryWipe    = MemoryFlags(memoryWipe)  // overwrite objects with zeros when they are released
	MemoryTrack   = MemoryFlags(memoryTrack) // remember which line of Go took each slot, for Pool.Leaks; private memory only
)

// Overflow says what an arena does with a request that has no room.
type Overflow uint32

const (
	OverflowError    = Overflow(overflowError)    // ErrFull
	OverflowFallback = Overflow(overflowFallback) // memory of Go's, counted in the statistics
	OverflowAbort    = Overflow(overflowAbort)    // print what was asked for, and abort the process
)

// Element is what a buffer's elements and AllocSlice's can be: numbers, whose every bit pattern is a value and which hold
// no pointer, since Go's collector does not look into the core's memory.
type Element interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint |
		~float32 | ~float64 | ~complex64 | ~complex128
}

// Allocator is what AllocSlice takes memory from: an Arena or a Scratch.
type Allocator interface {
	AllocZeroed(size, align uint64) ([]byte, error)
}

// AllocSlice takes room for count elements, aligned for them, and zeroed. It is valid as long as the Allocator's bytes.
func AllocSlice[T Element](from Allocator, count int) ([]T, error) {
	size, fits := bytesOfElements[T](count)
	if !fits {
		return nil, failure(ErrInvalidArgument, "a count of elements that is negative, or beyond what can be addressed")
	}
	memory, err := from.AllocZeroed(size, alignOf[T]())
	if err != nil {
		return nil, err
	}
	return elementsOf[T](memory), nil
}

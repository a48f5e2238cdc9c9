// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

// ArenaOptions says what arena to make. Capacity is needed; zero is the default of all else.
type ArenaOptions struct {
	Capacity   uint64 // bytes: 1 to 2^46, exact
	Overflow   Overflow
	Reserve    bool        // take address space now, and memory as it is used: a large capacity then costs nothing until then
	CommitStep uint64      // with Reserve: bytes taken at a time, 4096 to 2^40; 0: 64 KiB, with MemoryHugePages 2 MiB
	Flags      MemoryFlags // all but MemoryTrack; MemoryWipe is at reset
}

// ArenaStats are facts on an arena.
type ArenaStats struct {
	Capacity    uint64 // bytes
	Used        uint64 // bytes that the cursor has passed, padding included
	Peak        uint64 // the most bytes that were ever used; survives Reset
	Committed   uint64 // bytes usable without another system call
	Allocations uint64 // successes since creation, fallbacks included
	Failures    uint64 // requests answered ErrFull or ErrOutOfMemory
	Fallbacks   uint64 // requests served from Go's heap since creation
	Resets      uint64
	Granted     MemoryFlags // what the system granted
	Refused     MemoryFlags // and what it did not
}

// Arena is memory that is handed out by moving a cursor, and given back all at once: for what lives and dies together.
//
// The slices it lends hold until Reset, Rewind or Close; what is read through one afterwards is anything, and harms nobody.
//
// All methods may be called from any goroutine, and wait for one another; an arena for each goroutine is faster. A call
// is mostly its lock, which Hold takes once for many.
type Arena struct {
	core    *blockCore[arenaHandle]
	outside outside // under the core's lock
}

// NewArena makes an arena in private memory, whose base is aligned to 4096 bytes (to 2 MiB with MemoryHugePages).
//
// Errors: ErrInvalidArgument (the message names the field), ErrOutOfMemory, ErrUnsupported (with MemoryRequired).
// Cost: system calls. Close gives the memory back.
func NewArena(options ArenaOptions) (*Arena, error) {
	handle, lender, err := coreArenaCreate(&options)
	if err != nil {
		return nil, err
	}
	return &Arena{newBlock(nil, lender, handle, coreArenaClose), outside{allowed: options.Overflow == OverflowFallback}}, nil
}

// Alloc takes size bytes at an address that is a multiple of align, a power of two from 1 to 4096. Size 0 moves the cursor
// by padding alone. The bytes are whatever was there before.
//
// Errors: ErrInvalidArgument (align), ErrFull, ErrOutOfMemory, ErrClosed; nothing changes but the count of failures.
// Cost: O(1), no call into C while there is memory; nothing is allocated on Go's heap but with OverflowFallback.
func (a *Arena) Alloc(size, align uint64) ([]byte, error) {
	c := a.core
	if !c.enter() {
		return nil, ErrClosed
	}
	memory, s := a.alloc(size, align)
	c.leave()
	return memory, asError(s)
}

func (a *Arena) alloc(size, align uint64) ([]byte, Status) {
	address, s := coreArenaAlloc(a.core.handle, size, align)
	if s == statusOK {
		a.core.lender.lends()
		return address.lend(0, size), s
	}
	return a.taken(address, size, align, s)
}

// AllocZeroed is Alloc of zeros.
func (a *Arena) AllocZeroed(size, align uint64) ([]byte, error) {
	memory, err := a.Alloc(size, align)
	clear(memory)
	return memory, err
}

// taken is what one request ends with: the arena's memory, or that from outside of it.
func (a *Arena) taken(address span, size, align uint64, s Status) ([]byte, Status) {
	switch {
	case s == statusOK:
		a.core.lender.lends()
		return address.lend(0, size), s
	case s == statusFull && a.outside.allowed:
		return a.outside.alloc(size, align)
	}
	return nil, s
}

// Realloc makes memory, which came from this arena, size bytes long: in place where it was taken last, else by copying
// it to a new place with that alignment. A nil memory is a first allocation. A failure leaves the old one as it was.
//
// Errors: as Alloc; ErrForeign for memory that is not from this arena.
func (a *Arena) Realloc(memory []byte, size, align uint64) ([]byte, error) {
	c := a.core
	if !c.enter() {
		return nil, ErrClosed
	}
	defer c.leave()
	if cap(memory) == 0 || a.outside.allowed && !a.holds(memory) {
		address, s := coreArenaAlloc(c.handle, size, align)
		moved, s := a.taken(address, size, align, s)
		copy(moved, memory)
		return moved, asError(s)
	}
	if !a.holds(memory) {
		return nil, failure(ErrForeign, "memory that is not from this arena")
	}
	address, s := coreArenaRealloc(c.handle, memory, size, align)
	moved, s := a.taken(address, size, align, s)
	if s == statusOK && !a.holds(moved) {
		copy(moved, memory)
	}
	return moved, asError(s)
}

// Ensure sees to it that size bytes more can be taken at that alignment without a failure or a system call: for a batch
// that must not stop half-way. It takes nothing. Errors: as Alloc, with ErrFull whatever Overflow says.
func (a *Arena) Ensure(size, align uint64) error {
	return a.core.do(func(h *arenaHandle) Status { return coreArenaEnsure(h, size, align) })
}

// Mark is the cursor, as bytes from the base, for Rewind.
func (a *Arena) Mark() (mark uint64, err error) {
	err = a.core.do(func(h *arenaHandle) (s Status) {
		mark, s = coreArenaMark(h)
		return s
	})
	return mark, err
}

// Rewind gives back what was taken since the mark. Errors: ErrStale (a mark beyond the cursor), ErrClosed.
func (a *Arena) Rewind(mark uint64) error {
	return a.core.do(func(h *arenaHandle) Status { return coreArenaRewind(h, mark) })
}

// Reset gives everything back at once, at the same cost for one object and for a million. Committed memory stays.
func (a *Arena) Reset() error {
	return a.core.do(coreArenaReset)
}

// ResetAndRelease is Reset, and returns memory beyond the first keep bytes to the system. Cost: a system call.
func (a *Arena) ResetAndRelease(keep uint64) error {
	return a.core.do(func(h *arenaHandle) Status { return coreArenaResetAndRelease(h, keep) })
}

// Offset is where memory begins, in bytes from the arena's base. It is false for what is not from this arena, which memory
// from Go's heap (OverflowFallback) is not, and when the arena is closed.
func (a *Arena) Offset(memory []byte) (uint64, bool) {
	c := a.core
	if cap(memory) == 0 && memory == nil || !c.enter() {
		return 0, false
	}
	base, capacity := coreArenaSpan(a.core.handle)
	offset, inside := base.offsetOf(memory, capacity)
	c.leave()
	return offset, inside
}

// holds says whether memory begins in this arena, the place behind its last byte included.
func (a *Arena) holds(memory []byte) bool {
	base, capacity := coreArenaSpan(a.core.handle)
	_, inside := base.offsetOf(memory, capacity)
	return inside
}

// Stats are facts on the arena.
func (a *Arena) Stats() (stats ArenaStats, err error) {
	c := a.core
	if !c.enter() {
		return ArenaStats{}, ErrClosed
	}
	defer c.leave()
	stats, s := coreArenaStats(c.handle)
	a.outside.count(&stats.Allocations, &stats.Failures, &stats.Fallbacks)
	return stats, asError(s)
}

// count adds what the core saw as failures, but was served from outside.
func (o *outside) count(allocations, failures, fallbacks *uint64) {
	*allocations += o.served
	*failures -= o.served
	*fallbacks += o.served
}

// Close gives the arena's memory back, but what slices keep. Closing again is fine; it never fails.
func (a *Arena) Close() error {
	a.core.close()
	return nil
}

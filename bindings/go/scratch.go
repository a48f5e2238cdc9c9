// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

// ScratchOptions says what scratch to make. Zero is the default of every field.
type ScratchOptions struct {
	Capacity uint64 // bytes: 1 to 2^46; 0: 1 MiB
	Overflow Overflow
	Reserve  bool        // back the capacity with memory as it is used
	Flags    MemoryFlags // as for an arena
}

// ScratchStats are facts on a scratch.
type ScratchStats struct {
	Capacity    uint64 // bytes
	Used        uint64 // bytes
	Peak        uint64 // the most bytes that were ever used
	Allocations uint64
	Failures    uint64
	Fallbacks   uint64 // requests served from Go's heap
	Resets      uint64 // outermost scopes that ended, and resets
	Scopes      uint64 // begun
	Depth       uint64 // scopes open now
}

// Scratch is an arena for what is needed for a moment, with scopes: the end of a scope gives back what was taken since its
// beginning, inner scopes included.
//
// The core's scratch of each thread means nothing to goroutines, which move between threads; so a scratch is an object
// here, one for each goroutine that wants one. What is said of an Arena's memory, goroutines and cost holds for it too.
type Scratch struct {
	core    *blockCore[scratchHandle]
	outside outside // under the core's lock
}

// ScratchScope is what Begin opened. It is a value, to be ended once.
type ScratchScope struct {
	core  *blockCore[scratchHandle]
	scope scratchScope
}

// NewScratch makes a scratch. Errors and cost: as NewArena.
func NewScratch(options ScratchOptions) (*Scratch, error) {
	handle, lender, err := coreScratchCreate(&options)
	if err != nil {
		return nil, err
	}
	return &Scratch{newBlock(nil, lender, handle, coreScratchClose), outside{allowed: options.Overflow == OverflowFallback}}, nil
}

// Begin opens a scope. Cost: a call into C for a ninth, 17th, 33rd ... inside each other, the first time.
func (s *Scratch) Begin() (ScratchScope, error) {
	c := s.core
	if !c.enter() {
		return ScratchScope{}, ErrClosed
	}
	scope, status := coreScratchBegin(c.handle)
	c.leave()
	return ScratchScope{c, scope}, asError(status)
}

// End ends the scope and those opened inside it that are still open. The end of the outermost is a reset.
//
// Errors: ErrStale (ended already, by itself or with an outer one), ErrClosed. Cost: a call into C where the scratch is guarded or wiped.
func (s ScratchScope) End() error {
	return s.core.do(func(h *scratchHandle) Status { return coreScratchEnd(h, s.scope) })
}

// Alloc is Arena.Alloc: what it lends holds until the scope ends. Outside of any scope it stays until Reset.
func (s *Scratch) Alloc(size, align uint64) ([]byte, error) {
	c := s.core
	if !c.enter() {
		return nil, ErrClosed
	}
	address, status := coreScratchAlloc(c.handle, size, align)
	var memory []byte
	switch {
	case status == statusOK:
		c.lender.lends()
		memory = address.lend(0, size)
	case status == statusFull && s.outside.allowed:
		memory, status = s.outside.alloc(size, align)
	}
	c.leave()
	return memory, asError(status)
}

// AllocZeroed is Alloc of zeros.
func (s *Scratch) AllocZeroed(size, align uint64) ([]byte, error) {
	memory, err := s.Alloc(size, align)
	clear(memory)
	return memory, err
}

// Ensure is Arena.Ensure: it makes the room for all of a batch up front.
func (s *Scratch) Ensure(size, align uint64) error {
	return s.core.do(func(h *scratchHandle) Status { return coreScratchEnsure(h, size, align) })
}

// Reset gives everything back and ends every scope.
func (s *Scratch) Reset() error {
	return s.core.do(coreScratchReset)
}

// Stats are facts on the scratch.
func (s *Scratch) Stats() (stats ScratchStats, err error) {
	c := s.core
	if !c.enter() {
		return ScratchStats{}, ErrClosed
	}
	defer c.leave()
	stats, status := coreScratchStats(c.handle)
	s.outside.count(&stats.Allocations, &stats.Failures, &stats.Fallbacks)
	return stats, asError(status)
}

// Close gives the memory back, but what slices keep. Closing again is fine; it never fails.
func (s *Scratch) Close() error {
	s.core.close()
	return nil
}

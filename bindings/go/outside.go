// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"runtime"
	"sync"
)

// outside serves what an arena or slab has no room for. The core would take it from C's heap and free it at a reset, under
// slices that may still be held; Go's own heap knows when nobody holds them.
type outside struct {
	allowed bool
	served  uint64
	failed  uint64 // of those that the core was never asked for
}

// Requests above this many bytes are only made of Go's heap when C's could serve them: Go ends the process where the
// system refuses.
const probeFromBytes = 1 << 20

func (o *outside) alloc(size, align uint64) ([]byte, Status) {
	if size > addressableBytes-align || size >= probeFromBytes && !coreCanAllocate(size+align) {
		return nil, ErrOutOfMemory
	}
	o.served++
	return alignedTo(make([]byte, size+align-1), align)[:size:size], statusOK
}

// freedAddresses are where freed memory of Go's heap lies that somebody still refers to, so that freeing it again can be
// told from freeing what never was the slab's. While a slice refers to it its address is nobody else's.
type freedAddresses struct {
	mu  sync.Mutex // the collector comes from a goroutine of its own
	set map[uintptr]struct{}
}

func newFreedAddresses() *freedAddresses { return &freedAddresses{set: map[uintptr]struct{}{}} }

func (f *freedAddresses) add(memory []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	address := addressOf(memory)
	f.set[address] = struct{}{}
	runtime.AddCleanup(&memory[0], f.remove, address)
}

func (f *freedAddresses) remove(address uintptr) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.set, address)
}

func (f *freedAddresses) has(address uintptr) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, is := f.set[address]
	return is
}
